import Dispatch
import Foundation
import GRDB
import Sequences
import System

/// Log-probs kept for ever in an SQLite database, behind `LogProbStore`.
///
/// Reads run on the caller's thread over read connections; a value whose checksum is wrong is a miss. Writes are taken in at
/// once and made by one thread in transactions. SIGKILL at any moment loses what was not yet committed, nothing else; a power
/// cut may lose the last transactions besides. After an error the answers go on: see `ScoreStoreEvent`.
package final class ScoreStore: LogProbStore {
    /// Gives seconds since 1970.
    package typealias Clock = @Sendable () -> Int64

    struct Shared {
        var queue: WriteBehindQueue
        var counters = ScoreStoreCounters()
        var isClosed = false
        /// Whether the writer has been woken since it last went to sleep.
        var isAwake = false
        /// Released when everything that was taken in before is written, or cannot be.
        var flushes: [DispatchSemaphore] = []
        var lastReadFailure: ContinuousClock.Instant?
    }

    let configuration: ScoreStoreConfiguration
    let database: StoreDatabase
    let now: Clock
    let onEvent: @Sendable (ScoreStoreEvent) -> Void
    let shared: Locked<Shared>
    private let work = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)

    /// Opens or makes the store and starts its writer, which runs until `close`.
    /// - Parameters:
    ///   - now: seconds since 1970, for stamps of use.
    ///   - onEvent: called on the writer's or a reader's thread; must not block.
    package init(
        _ configuration: ScoreStoreConfiguration, now: @escaping Clock = { Int64(time(nil)) },
        onEvent: @escaping @Sendable (ScoreStoreEvent) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.now = now
        self.onEvent = onEvent
        database = try StoreDatabase(configuration, for: .create)
        var counters = ScoreStoreCounters()
        do {
            counters.liveBytes = try database.liveBytes()
        } catch {
            throw ScoreStoreError.unusable(path: configuration.path, reason: "\(error)")
        }
        shared = Locked(
            Shared(queue: WriteBehindQueue(maxBytes: configuration.maxQueuedBytes), counters: counters))
        try DetachedThread.start("remit-store", stackBytes: 8 << 20) { [self] in serve() }
    }

    /// What this process did with the store so far, with the bytes that wait for the writer now.
    package var counters: ScoreStoreCounters {
        shared.withLock { shared in
            var counters = shared.counters
            counters.queuedBytes = shared.queue.queuedBytes
            return counters
        }
    }

    // MARK: Reading

    /// One entry a key, nil where the store has none, its checksum is wrong, or the read failed: an answer never fails for the store.
    /// Blocks for a read of the disk; all entries are of one moment.
    package func logProbs(for keys: [SegmentKey]) -> [[Float]?] {
        guard !keys.isEmpty, shared.withLock({ $0.counters.isReading && !$0.isClosed }) else {
            return Array(repeating: nil, count: keys.count)
        }
        do {
            let values = try database.values(of: keys)
            return note(values, of: keys)
        } catch {
            failRead(error)
            return Array(repeating: nil, count: keys.count)
        }
    }

    private func note(_ values: [StoredValue], of keys: [SegmentKey]) -> [[Float]?] {
        let now = now()
        let stale = now - Int64(configuration.stampInterval / .seconds(1))
        var corrupt: [SegmentKey] = []
        let found = shared.withLock { shared in
            zip(keys, values).map { key, value -> [Float]? in
                switch value {
                case .missing:
                    shared.counters.misses += 1
                    return nil
                case .corrupt(let id):
                    shared.counters.misses += 1
                    shared.counters.corruptRows += 1
                    if let id { shared.queue.remove(key, id: id) }
                    corrupt.append(key)
                    return nil
                case .found(let logProbs, let used):
                    shared.counters.hits += 1
                    shared.counters.hitTokens += logProbs.count
                    if used <= stale || used > now { shared.queue.noteUse(of: key) }
                    return logProbs
                }
            }
        }
        for key in corrupt { onEvent(.corruptRow(key)) }
        if !corrupt.isEmpty { wake() }
        return found
    }

    private func failRead(_ error: any Error) {
        switch StoreFailure(error) {
        case .damaged(let reason):
            turnOff(reason)
        case .passing(let reason):
            let isNews = shared.withLock { shared in
                guard !shared.isClosed else { return false }
                shared.counters.failedReads += 1
                let now = ContinuousClock.now
                if let last = shared.lastReadFailure, now - last < configuration.retryInterval { return false }
                shared.lastReadFailure = now
                return true
            }
            if isNews { onEvent(.readFailed(reason: reason)) }
        }
    }

    // MARK: Writing behind

    /// Takes log-probs in for the writer and returns at once; what there is no room for is dropped and counted.
    package func append(_ entries: [StoredSegment]) {
        shared.withLock { shared in
            let isTaking = shared.counters.isReading && !shared.isClosed
            shared.counters.droppedSegments += isTaking ? shared.queue.append(entries) : entries.count
        }
        wake()
    }

    /// Waits until what was taken in before is committed, or has just failed to be.
    package func flush() {
        let done = DispatchSemaphore(value: 0)
        let isWaiting = shared.withLock { shared in
            if !shared.isClosed { shared.flushes.append(done) }
            return !shared.isClosed
        }
        guard isWaiting else { return }
        wake()
        done.wait()
    }

    /// Writes what waits, ends the writer, empties the write-ahead log, closes the connections. Later reads miss. Blocks.
    package func close() {
        let isFirst = shared.withLock { shared in
            defer { shared.isClosed = true }
            return !shared.isClosed
        }
        guard isFirst else { return }
        wake()
        stopped.wait()
        database.close()
    }

    private func wake() {
        let wasAwake = shared.withLock { shared in
            defer { shared.isAwake = true }
            return shared.isAwake
        }
        if !wasAwake { work.signal() }
    }

    // MARK: The writer's thread

    /// Renewed stamps alone wake nobody: they ride with the next segments, or with this.
    private static let idleInterval = Duration.seconds(30)

    private func serve() {
        var retryAt: ContinuousClock.Instant?
        while true {
            sleep(until: retryAt)
            // Taken before the round: who asks during it may have brought something that it does not see.
            let (flushes, isClosed) = shared.withLock { shared in
                defer { shared.flushes = [] }
                return (shared.flushes, shared.isClosed)
            }
            retryAt = writeWaiting() ? nil : .now + configuration.retryInterval
            flushes.forEach { $0.signal() }
            if isClosed { break }
        }
        shared.withLock { $0.counters.droppedSegments += $0.queue.removeAll() }
        stopped.signal()
    }

    /// Until there is work; after a failure until `retryAt`, for only time, `flush` and `close` make it worth a try.
    private func sleep(until retryAt: ContinuousClock.Instant?) {
        while true {
            let left = retryAt.map { max($0 - .now, .zero) } ?? Self.idleInterval
            let outcome = work.wait(timeout: .now() + left / .seconds(1))
            let isUrgent = shared.withLock { shared in
                shared.isAwake = false
                return shared.isClosed || !shared.flushes.isEmpty
            }
            if retryAt == nil || isUrgent || outcome == .timedOut { return }
        }
    }
}

import Dispatch
import System

/// Work that waits for others, several pieces at a time.
enum SideBySide {
    /// What `body` gives for each element, in their order. Once one fails no more are begun.
    ///
    /// - Parameter threads: elements at a time, the caller's thread included; fewer where the system has no thread to give.
    /// - Throws: what `body` throws for the first element of those that failed.
    static func map<Element: Sendable, Value: Sendable>(
        _ elements: [Element], threads: Int, _ body: @escaping @Sendable (Element) throws -> Value
    ) throws -> [Value] {
        guard threads > 1, elements.count > 1 else { return try elements.map(body) }
        let board = Locked(Board<Value>(count: elements.count))
        let work = { @Sendable in
            while let index = board.withLock({ $0.take() }) {
                let result = Result { try body(elements[index]) }
                board.withLock { $0.results[index] = result }
            }
        }
        let others = DispatchGroup()
        for _ in 1..<min(threads, elements.count) {
            others.enter()
            do {
                try DetachedThread.start("remit-request", stackBytes: 1 << 20) {
                    work()
                    others.leave()
                }
            } catch {
                others.leave()
            }
        }
        work()
        others.wait()
        // Without a failure all were taken; what was never begun stands behind one that failed.
        return try board.withLock { board in try board.results.compactMap { try $0?.get() } }
    }

    private struct Board<Value: Sendable>: Sendable {
        var results: [Result<Value, any Error>?]
        private var next = 0

        init(count: Int) { results = Array(repeating: nil, count: count) }

        /// The next element to be begun; nil once all are, or one has failed.
        mutating func take() -> Int? {
            let hasFailed = results[..<next].contains { if case .failure = $0 { true } else { false } }
            guard next < results.count, !hasFailed else { return nil }
            next += 1
            return next - 1
        }
    }
}

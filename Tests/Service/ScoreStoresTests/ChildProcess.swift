import Foundation
import ScoreStores
import TestSupport

/// What the processes of `ProcessTests` do. A check that fails ends them with a trap, which the test sees.
enum ChildProcess {
    static let batch = 20
    static let numbersPerProcess = 1_000_000

    static func tokens(_ number: Int) -> Int { 1 + number * 31 % 3000 }

    /// Writes batch after batch, and after each the last number into the file `acknowledged`, until it is killed.
    static func writeUntilKilled(directory: String, process: Int) throws {
        let acknowledged = open(directory + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let store = try ScoreStore(.small(directory, maxBytes: process % 3 == 2 ? 4 << 20 : 1 << 30))
        var number = process * numbersPerProcess
        while true {
            store.append((number..<number + batch).map { Samples.segment($0, tokens: tokens($0)) })
            store.flush()
            number += batch
            var word = Int64(number).littleEndian
            _ = write(acknowledged, &word, 8)
        }
    }

    static func kill(afterMicroseconds delay: UInt32) {
        Thread {
            usleep(delay)
            _ = Glibc.kill(getpid(), SIGKILL)
        }.start()
    }

    static func writeAndRead(directory: String, order: [Int]) throws {
        let store = try ScoreStore(.small(directory))
        for start in stride(from: 0, to: order.count, by: 10) {
            let numbers = order[start..<start + 10]
            store.append(numbers.map { Samples.segment($0, tokens: 200) })
            store.flush()
            for (number, found) in zip(numbers, store.logProbs(for: numbers.map { Samples.key($0) })) {
                precondition(found?.bits == Samples.logProbs(number, tokens: 200).bits, "segment \(number)")
            }
        }
        let counters = store.counters
        precondition(counters.failedReads == 0 && counters.failedTransactions == 0 && counters.corruptRows == 0)
        store.close()
    }

    static func fillTheDisk(directory: String) throws {
        let events = EventLog()
        let store = try ScoreStore(.small(directory), onEvent: { events.record($0) })
        store.append((0..<50).map { Samples.segment($0, tokens: 2048) })
        store.flush()

        limitFiles(to: 1 << 20)
        for number in 50..<250 { store.append([Samples.segment(number, tokens: 2048)]) }
        store.flush()
        guard case .writingStopped(let reason) = events.all.first else { preconditionFailure("\(events.all)") }
        precondition(!reason.isEmpty && !store.counters.isWriting && store.counters.failedTransactions > 0)
        let found = store.logProbs(for: (0..<50).map { Samples.key($0) })
        precondition(found.allSatisfy { $0 != nil }, "what was stored is still served")
        precondition(store.counters.isReading)

        limitFiles(to: .max)
        store.flush()
        precondition(events.all.last == .writingResumed && store.counters.isWriting)
        let later = store.logProbs(for: (0..<250).map { Samples.key($0) })
        precondition(later.allSatisfy { $0 != nil }, "what waited was written")
        precondition(store.counters.droppedSegments == 0)
        store.close()
        let verification = try ScoreStoreMaintenance(directory: directory).verify(removing: false)
        precondition(verification.isSound)
    }
}

import Foundation
import ScoreStores
import Sequences
import TestSupport
import Testing

/// Stores in processes of their own: killed, beside another one, without room on the disk.
@Suite(.serialized)
struct ProcessTests {
    /// Twelve times: a process is killed at a random moment of writing (or of opening, or of evicting). Whatever it had
    /// acknowledged is there, whatever is there is right, and the file is sound.
    @Test func killedAtAnyMoment() async throws {
        let directory = try TemporaryDirectory()
        for process in 0..<12 {
            let path = directory.path
            let delay = UInt32.random(in: 1000...(process % 2 == 0 ? 60_000 : 600_000))
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, process = process as Int, delay = delay as UInt32] in
                ChildProcess.kill(afterMicroseconds: delay)
                try await onThread { try ChildProcess.writeUntilKilled(directory: path, process: process) }
            }
            try await onThread { try Self.check(directory: path, process: process) }
        }
        withExtendedLifetime(directory) {}
    }

    private static func check(directory: String, process: Int) throws {
        let words = FileManager.default.contents(atPath: directory + "/acknowledged") ?? Data()
        let acknowledged = stride(from: 0, to: words.count / 8 * 8, by: 8).map { start in
            words[start..<start + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let first = process * ChildProcess.numbersPerProcess
        let last = acknowledged.last { $0 > first } ?? first
        let store = try ScoreStore(.small(directory))
        defer { store.close() }
        let evicts = process % 3 == 2
        for start in stride(from: first, to: last + 2 * ChildProcess.batch, by: ChildProcess.batch) {
            let numbers = Array(start..<start + ChildProcess.batch)
            for (number, found) in zip(numbers, store.logProbs(for: numbers.map { Samples.key($0) })) {
                if let found {
                    #expect(found.bits == Samples.logProbs(number, tokens: ChildProcess.tokens(number)).bits)
                } else {
                    #expect(number >= last || evicts, "segment \(number) was acknowledged and is gone")
                }
            }
        }
        #expect(store.counters.corruptRows == 0)
        #expect(try ScoreStoreMaintenance(directory: directory).verify(removing: false).isSound)
    }

    @Test func twoProcessesShareOneStore() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        async let ours: Void = onThread { try ChildProcess.writeAndRead(directory: path, order: Array(0..<600)) }
        await #expect(processExitsWith: .success) { [path = path as String] in
            try await onThread { try ChildProcess.writeAndRead(directory: path, order: (200..<800).reversed()) }
        }
        try await ours
        try await onThread {
            let store = try ScoreStore(.small(path))
            defer { store.close() }
            for number in 0..<800 {
                #expect(
                    store.logProbs(for: [Samples.key(number)])[0]?.bits == Samples.logProbs(number, tokens: 200).bits)
            }
            let verification = try ScoreStoreMaintenance(directory: path).verify(removing: false)
            #expect(verification.isSound && verification.segments == 800)
        }
        withExtendedLifetime(directory) {}
    }

    /// A limit on the size of files stands in for a full disk: both are a write that fails.
    @Test func withoutRoomOnTheDiskAnswersGoOn() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            try await onThread { try ChildProcess.fillTheDisk(directory: path) }
        }
        withExtendedLifetime(directory) {}
    }

}

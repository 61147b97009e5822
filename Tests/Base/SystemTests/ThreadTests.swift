import Foundation
import System
import TestSupport
import Testing

struct ThreadTests {
    @Test func aPipeStaysReadableUntilItIsRead() async throws {
        try await onThread {
            let pipe = try WakePipe()
            #expect(!Polling.wait(for: pipe.readable, until: Deadline(after: .zero)))
            for _ in 0..<3 { pipe.wake() }
            for _ in 0..<2 { #expect(Polling.wait(for: pipe.readable, until: Deadline(after: .seconds(3600)))) }
            pipe.clear()
            #expect(!Polling.wait(for: pipe.readable, until: Deadline(after: .zero)))
        }
    }

    /// As a handler of signals does that nobody reads after: it must not wait.
    @Test func aFullPipeIsWokenWithoutWaiting() async throws {
        try await onThread {
            let pipe = try WakePipe()
            for _ in 0..<100_000 { pipe.wake() }
            pipe.clear()
            #expect(!Polling.wait(for: pipe.readable, until: Deadline(after: .zero)))
        }
    }

    @Test func bytesComeInTheirOrderAndAreWaitedFor() async throws {
        let pipe = try WakePipe()
        let read = try await onThread {
            try DetachedThread.start("test", stackBytes: 1 << 20) {
                for byte in 1...3 as ClosedRange<UInt8> { pipe.wake(byte) }
            }
            return (0..<3).map { _ in pipe.next() }
        }
        #expect(read == [1, 2, 3])
    }

    @Test func workOfAThreadIsReturnedOrThrown() async throws {
        struct Failed: Error {}
        #expect(try await onThread("test") { Thread.current.name } == "test")
        await #expect(throws: Failed.self) { try await onThread("test") { throw Failed() } }
    }

    @Test func withoutDescriptorsThereIsNoPipe() async throws {
        await #expect(processExitsWith: .success) {
            while open("/dev/null", O_RDONLY) >= 0 {}
            let error = try #require(throws: SystemError.self) { _ = try WakePipe() }
            precondition(error.description == "cannot make a pipe: Too many open files", "\(error)")
        }
    }
}

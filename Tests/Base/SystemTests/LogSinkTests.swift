import Foundation
import System
import TestSupport
import Testing

/// What lines of log cost who writes them: nothing, whoever reads them.
@Suite struct LogSinkTests {
    private static func line(_ number: Int) -> [UInt8] { Array("line \(number)\n".utf8) }

    /// A pipe that takes nothing more until somebody reads.
    private static func fullPipe() -> Pipe {
        let (pipe, filler) = (Pipe(), [UInt8](repeating: 0x2E, count: 4096))
        let end = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        while write(end, filler, filler.count) > 0 {}
        _ = fcntl(end, F_SETFL, 0)
        return pipe
    }

    @Test func linesArriveInTheirOrder() async throws {
        try await onThread {
            let pipe = Pipe()
            let sink = try LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
            for number in 0..<1000 { sink.add(Self.line(number)) }
            #expect(sink.flush(within: .seconds(60)))
            try pipe.fileHandleForWriting.close()
            let read = try pipe.fileHandleForReading.readToEnd() ?? Data()
            #expect(read == Data((0..<1000).flatMap(Self.line)))
            #expect(sink.lostLines == 0)
        }
    }

    /// Nobody reads. What the pipe and the sink have no room for is lost, and nothing waits.
    @Test func aReaderThatStallsCostsLines() async throws {
        try await onThread {
            let pipe = Self.fullPipe()
            let sink = try LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor, maxWaitingBytes: 4096)
            let line = [UInt8](repeating: 0x2E, count: 1023) + [0x0A]
            for _ in 0..<2000 { sink.add(line) }
            #expect(sink.lostLines > 1000)
            #expect(!sink.flush(within: .milliseconds(1)))
            // Once somebody reads, it goes on.
            let reader = Thread { while !pipe.fileHandleForReading.availableData.isEmpty {} }
            reader.start()
            #expect(sink.flush(within: .seconds(60)))
            let lost = sink.lostLines
            sink.add(line)
            #expect(sink.flush(within: .seconds(60)) && sink.lostLines == lost)
            try pipe.fileHandleForWriting.close()
        }
    }

    @Test func aDiskThatIsFullCostsLines() async throws {
        try await onThread {
            let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
            let sink = try LogSink(descriptor: full.fileDescriptor)
            for number in 0..<3 { sink.add(Self.line(number)) }
            #expect(sink.flush(within: .seconds(60)))
            #expect(sink.lostLines == 3)
            withExtendedLifetime(full) {}
        }
    }
}

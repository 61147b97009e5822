import Foundation
import TestSupport
import Testing

/// A log that cannot be written stops neither requests nor the end of the program.
@Suite(.serialized) struct LostLogTests {
    @Test(arguments: ["text", "json"])
    func aFullDiskBehindStandardError(_ format: String) async throws {
        try await onThread {
            let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
            let server = try LiveServer(
                model: Demo.teacher, arguments: ["--log-format", format], errors: full)
            #expect(try server.post("/v1/logprobs", #"{"inputs":[{"token_ids":[1,2]}]}"#).status == 200)
            #expect(try server.get("/metrics").body.contains(/(?m)^remit_log_lost_lines_total [1-9]/))
            #expect(try server.stop() == 0)
        }
    }

    @Test(arguments: ["text", "json"])
    func aReaderOfStandardErrorThatStalls(_ format: String) async throws {
        try await onThread {
            let pipe = Pipe()
            let filler = [UInt8](repeating: UInt8(ascii: "."), count: 4096)
            let end = pipe.fileHandleForWriting.fileDescriptor
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            while write(end, filler, filler.count) > 0 {}
            _ = fcntl(end, F_SETFL, 0)
            let server = try LiveServer(
                model: Demo.teacher, arguments: ["--log-format", format], errors: pipe.fileHandleForWriting)
            for _ in 0..<3 {
                #expect(try server.post("/v1/logprobs", #"{"inputs":[{"token_ids":[1,2]}]}"#).status == 200)
            }
            #expect(try server.stop() == 0)
            withExtendedLifetime(pipe) {}
        }
    }
}

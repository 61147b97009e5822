import Compression
import Foundation
import TestSupport
import Testing

/// gzip and zstd of the system read what we write and write what we read. Where a tool is missing, its half is left out:
/// zstd's is not among the packages that the build needs.
@Suite(.serialized)
struct CommandLineToolTests {
    private static let tools: [(CompressionFormat, String)] = [(.gzip, "/usr/bin/gzip"), (.zstd, "/usr/bin/zstd")]
        .filter { FileManager.default.isExecutableFile(atPath: $0.1) }

    @Test func toolsReadWhatWeWrite() async throws {
        try await onThread {
            let text = Samples.text(byteCount: 200_000)
            for (format, tool) in Self.tools {
                let directory = try TemporaryDirectory()
                defer { withExtendedLifetime(directory) {} }
                let name = "text" + format.fileExtension
                try directory.write(name, try format.compress(text) + format.compress(text))
                let result = try Program.run(tool, ["-d", "-k", directory.file(name)])
                #expect(result.status == 0, "\(result.errors)")
                #expect(FileManager.default.contents(atPath: directory.file("text")) == Data(text + text))
            }
        }
    }

    @Test func weReadWhatToolsWrite() async throws {
        try await onThread {
            let text = Samples.text(byteCount: 200_000)
            for (format, tool) in Self.tools {
                for level in ["-1", "-6", "-9"] {
                    let directory = try TemporaryDirectory()
                    defer { withExtendedLifetime(directory) {} }
                    let path = try directory.write("text", text)
                    let result = try Program.run(tool, [level, "-k", path])
                    #expect(result.status == 0, "\(result.errors)")
                    let compressed = try #require(FileManager.default.contents(atPath: path + format.fileExtension))
                    #expect(try format.decompress(Array(compressed), limits: Samples.unlimited) == text)
                }
            }
        }
    }
}

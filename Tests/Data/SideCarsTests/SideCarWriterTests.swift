import SideCars
import TestSupport
import Testing

struct SideCarWriterTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func writer() throws -> SideCarWriter {
        let description = SideCarDescription(
            model: "fake", precision: "f32", modelFingerprint: "m", tokenizerFingerprint: "t", scoresFingerprint: "s",
            corpusFingerprint: "c", sequenceLength: 16, segments: 3, tokens: 9)
        return try SideCarWriter(directory.file("shared"), description, shardTokens: 6)
    }

    @Test func oneProcessWritesADirectory() async throws {
        let first = try writer()
        await #expect(throws: SideCarError.inUse(path: directory.file("shared"))) {
            try await onThread { _ = try writer() }
        }
        withExtendedLifetime(first) {}
    }
}

import TestSupport
import Testing
import Training

struct RunDirectoryTests {
    @Test func aDirectoryIsUsedByOneRunAtATime() async throws {
        let directory = try TemporaryDirectory()
        let first = try RunDirectory(directory.file("out"))
        await #expect(throws: TrainingError.runInUse(path: first.path)) {
            try await onThread { _ = try RunDirectory(first.path) }
        }
        withExtendedLifetime(first) {}
    }
}

import Foundation
import TestSupport
import Testing

/// Every script of the repository says what it does and how it is called, and does nothing else when it is asked that.
@Suite struct ScriptHelpTests {
    private static let scripts: [String] = {
        let folder = Program.root + "/scripts"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            return attributes?[.type] as? FileAttributeType == .typeRegular
        }.sorted()
    }()

    @Test(arguments: scripts)
    func saysHowItIsCalled(_ script: String) async throws {
        try await onThread {
            // From another folder, as from anywhere.
            let directory = try TemporaryDirectory()
            let result = try Program.run(
                Program.root + "/scripts/" + script, ["--help"], currentDirectory: directory.path)
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            #expect(result.output.contains("usage: "), "\(result.output)")
            #expect(result.output.contains("scripts/" + script), "\(result.output)")
            #expect(result.errors.isEmpty, "\(result.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty == true)
        }
    }

    @Test func thereAreScripts() { #expect(Self.scripts.count > 30) }
}

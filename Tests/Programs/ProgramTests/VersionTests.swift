import CommandLines
import Foundation
import TestSupport
import Testing
import Yams

/// The version has one source; what cannot read it is held to it.
struct VersionTests {
    @Test func theContractHasIt() throws {
        let text = try String(contentsOfFile: Program.root + "/openapi.yaml", encoding: .utf8)
        let contract = try #require(try Yams.load(yaml: text) as? [String: Any])
        let info = try #require(contract["info"] as? [String: Any])
        #expect(info["version"] as? String == ProgramVersion.current)
    }

    /// An answer that shows another version is one of another program.
    @Test func theContractsAnswersHaveIt() throws {
        let text = try String(contentsOfFile: Program.root + "/openapi.yaml", encoding: .utf8)
        let shown = text.matches(of: /(?m)^ +version: "?([0-9]+\.[0-9]+\.[0-9]+)"?$/).map { String($0.output.1) }
        #expect(shown.count >= 2)
        #expect(Set(shown) == [ProgramVersion.current])
    }

    @Test func theChangelogBeginsWithIt() throws {
        let text = try String(contentsOfFile: Program.root + "/CHANGELOG.md", encoding: .utf8)
        let newest = try #require(text.firstMatch(of: /(?m)^## ([0-9.]+)/))
        #expect(String(newest.output.1) == ProgramVersion.current)
    }

    /// The client in Python, and the programs as a Python package, are released together.
    @Test(arguments: [
        ("Python/pyproject.toml", #"version = ""#), ("Python/src/remit/__init__.py", #"__version__ = ""#),
        ("Python/server/pyproject.toml", #"version = ""#),
    ])
    func thePythonPackageHasIt(_ path: String, _ field: String) throws {
        let text = try String(contentsOfFile: Program.root + "/" + path, encoding: .utf8)
        #expect(text.contains("\n" + field + ProgramVersion.current + "\""))
    }

    @Test func itIsSemantic() {
        #expect(ProgramVersion.current.wholeMatch(of: /(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9a-z.]+)?/) != nil)
    }
}

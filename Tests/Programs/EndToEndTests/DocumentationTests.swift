import Foundation
import TestSupport
import Testing

/// What README.md says is tried.
@Suite(.serialized) struct DocumentationTests {
    private let readMe: String

    init() throws { readMe = try String(contentsOfFile: Program.root + "/README.md", encoding: .utf8) }

    @Test func theExamplesOfTheReadMeRun() async throws {
        let blocks = readMe.matches(of: /<!-- tested -->\n```sh\n(.*?)```/.dotMatchesNewlines()).map {
            String($0.output.1)
        }
        #expect(blocks.count >= 3)
        try await onThread {
            let server = try LiveServer(model: Demo.teacher, base: Demo.base)
            for block in blocks {
                // --fail-with-body: an example that is answered with an error is a failed example.
                let script =
                    "set -euo pipefail\n"
                    + block.replacing("http://127.0.0.1:8080", with: server.url)
                    .replacing("curl -s", with: "curl -sS --fail-with-body")
                let result = try Program.run("/bin/bash", ["-c", script], currentDirectory: Program.root)
                #expect(result.status == 0, "\(block)\n\(result.output)\(result.errors)")
                #expect(!result.output.isEmpty)
            }
        }
    }

    @Test func everyFlagStandsInTheReadMeWithItsVariable() async throws {
        let all = try await onThread {
            try (Help.server() + Help.trainer().values).reduce(into: Set()) { $0.formUnion($1.flags) }
        }
        #expect(all.isSuperset(of: ["model", "base", "port", "server", "student", "corpus", "epsilon", "resume"]))
        for flag in all.sorted() {
            let variable = "REMIT_" + flag.uppercased().replacing("-", with: "_")
            #expect(
                readMe.contains("| `--\(flag)` | `\(variable)` |"),
                "README.md has no row for --\(flag), \(variable)")
        }
        for row in readMe.matches(of: /(?m)^\| `--([a-z-]+)` \|/) {
            #expect(all.contains(String(row.output.1)), "README.md names --\(row.output.1), which no program has")
        }
    }
}

import Foundation
import TestSupport
import Testing

/// docs/flags.md against the programs as the parser knows them. scripts/make-flags writes the page by another way, from the dump of
/// their help; `DocumentationTests` compares the two word for word.
struct FlagPageTests {
    private struct Row: Hashable {
        var name: String
        var variable: String
        var standard: String
        var command: String
    }

    @Test func everyFlagOfEveryCommandHasItsRow() throws {
        let page = try Documentation.page("docs/flags.md").text
        let rows = page.matches(of: /(?m)^\| `--([a-z0-9-]+)` \| `(\w+)` \| ([^|]*)\|[^|]*\| ([^|]*) \|/).flatMap {
            row in
            row.output.4.split(separator: ", ").map {
                Row(
                    name: String(row.output.1), variable: String(row.output.2),
                    standard: row.output.3.trimmingCharacters(in: .whitespaces), command: String($0))
            }
        }
        #expect(rows.count > 200)
        let expected = CommandHelp.all.flatMap { command in
            command.flags.filter { !["help", "version", "h"].contains($0.key) && !$0.value.isPositional }.map {
                Row(
                    name: $0.key, variable: "REMIT_" + $0.key.uppercased().replacing("-", with: "_"),
                    standard: Self.standard($0.value), command: command.path.joined(separator: " "))
            }
        }
        for row in Set(expected).subtracting(rows) { Issue.record("docs/flags.md lacks \(row)") }
        for row in Set(rows).subtracting(expected) { Issue.record("docs/flags.md has \(row)") }
    }

    /// As the parser knows it or as the help says; empty where there is none.
    private static func standard(_ flag: CommandHelp.Flag) -> String {
        guard flag.isOptional else { return "required" }
        let said = flag.help.firstMatch(of: /default: ([^;()]*)\)/).map { String($0.output.1) }
        return flag.standard ?? said ?? ""
    }
}

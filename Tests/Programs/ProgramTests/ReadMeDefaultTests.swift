import Foundation
import TestSupport
import Testing

/// The defaults in README.md's tables of flags are those that `--help` states.
struct ReadMeDefaultTests {
    @Test func theReadMeHasTheDefaults() throws {
        let readMe = try String(contentsOfFile: Program.root + "/README.md", encoding: .utf8)
        let rows = readMe.matches(of: /(?m)^\| `--([a-z-]+)` \| `\w+` \| ([^|]*)\|/)
        #expect(rows.count > 100)
        // One row stands for the flag of several commands.
        let defaults = CommandHelp.all.flatMap(\.flags).reduce(into: [String: Set<String>]()) {
            $0[$1.key, default: []].insert(Self.standard($1.value))
        }
        for row in rows {
            let (name, shown) = (String(row.output.1), row.output.2.trimmingCharacters(in: .whitespaces))
            let stated = defaults[name] ?? []
            #expect(stated.contains(shown == "required" ? "" : shown), "--\(name): '\(shown)', not one of \(stated)")
        }
    }

    /// As the parser knows it or as the help says; empty where there is none.
    private static func standard(_ flag: CommandHelp.Flag) -> String {
        let said = flag.help.firstMatch(of: /default: ([^;()]*)\)/).map { String($0.output.1) }
        return flag.standard ?? said ?? ""
    }
}

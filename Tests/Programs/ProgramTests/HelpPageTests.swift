import ArgumentParser
import CommandLines
import RemitServer
import RemitTrainer
import Testing

/// The pages of --help as a terminal of 80 columns shows them: nothing is longer, and what stands there can be pasted.
struct HelpPageTests {
    private static let columns = 80

    struct Page: CustomTestStringConvertible {
        let program: any ParsableCommand.Type
        let command: any ParsableCommand.Type
        var testDescription: String { "\(program._commandName): \(command._commandName)" }
        var text: String {
            HelpPage.fitted(program.helpMessage(for: command, columns: columns), columns: columns)
        }

        /// From the last heading "Example:" on, without the margin.
        var example: [String] {
            let lines = command.configuration.discussion.split(separator: "\n", omittingEmptySubsequences: false)
            guard let heading = lines.lastIndex(of: "Example:") else { return [] }
            return lines[(heading + 1)...].map(String.init)
        }
    }

    private static let pages: [Page] = [ServerCommand.self as any ParsableCommand.Type, RemitTrainer.self].flatMap {
        program in all(program).map { Page(program: program, command: $0) }
    }

    private static func all(_ entry: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        [entry] + entry.configuration.subcommands.flatMap(all)
    }

    @Test(arguments: pages)
    func noLineIsLonger(_ page: Page) {
        #expect(page.text.contains("\nUSAGE: remit-"))
        for line in page.text.split(separator: "\n") where line.count > Self.columns { Issue.record("\(line)") }
    }

    /// No line of an example is broken, and its commands are taken by the parser.
    @Test(arguments: pages)
    func examplesCanBePasted(_ page: Page) throws {
        guard !page.example.isEmpty else { return }
        let shown = page.text.split(separator: "\n").map(String.init)
        for line in page.example { #expect(shown.contains(line), "\(line)") }
        let commands = page.example.joined(separator: "\n").replacing("\\\n", with: " ").split(separator: "\n")
        for command in commands where command.contains("  remit-") {
            let words = command.split(separator: " ").map(String.init).filter { $0 != "&" }
            let program: any ParsableCommand.Type =
                words[0] == RemitTrainer.configuration.commandName ? RemitTrainer.self : ServerCommand.self
            _ = try program.parseAsRoot(program.completedArguments(Array(words.dropFirst()), environment: [:]))
        }
    }

    @Test func examplesAreFound() {
        #expect(Self.pages.count { !$0.example.isEmpty } >= 7)
        #expect(Self.pages.count >= 17)
    }

    @Test func usageBreaksBetweenArguments() {
        let line = "USAGE: p c [<options>] --one <value> --several <path> ... [--last <value>]"
        #expect(
            HelpPage.fitted(line, columns: 32)
                == "USAGE: p c [<options>]\n         --one <value>\n         --several <path> ...\n         [--last <value>]"
        )
        #expect(HelpPage.fitted("a " + line, columns: 10) == "a " + line)
    }

    /// Where the parser knows no default the help says it in the same form, so that docs/flags.md has it.
    @Test func defaultsHaveOneForm() {
        for command in CommandHelp.all {
            for (flag, about) in command.flags where about.help.contains("by default") {
                Issue.record("\(command.path) --\(flag): \(about.help)")
            }
        }
    }

    /// What is counted in bytes takes units.
    @Test func sizesHaveUnits() {
        let sizes = NumberFlag.all.filter { $0.name.contains(/bytes|size|memory/) }
        #expect(sizes.count >= 8)
        for flag in sizes {
            let isSize = flag.type is ByteCount.Type
            #expect(isSize, "\(flag.testDescription)")
            for text in ["5GB", "1.5GiB", "500mb", "3 MiB"] {
                #expect(flag.refusal(["--\(flag.name)=\(text)"]) == nil, "\(flag.testDescription) \(text)")
            }
        }
    }
}

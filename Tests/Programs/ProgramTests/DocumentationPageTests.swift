import ArgumentParser
import CommandLines
import Foundation
import RemitServer
import RemitTrainer
import TestSupport
import Testing

/// What the pages name is there: links, anchors, commands, flags, scripts, folders, tests.
struct DocumentationPageTests {
    private static let pages = (try? Documentation.pages()) ?? []

    @Test func theyAreFound() throws {
        #expect(try Documentation.pages().count >= 16)
        #expect(Self.pages.contains { $0.path == "docs/flags.md" })
    }

    /// Ten kilobytes, as the first page that is read.
    @Test func theReadMeIsShort() throws { #expect(try Documentation.page("README.md").text.utf8.count <= 10_240) }

    @Test(arguments: pages)
    func everyLinkLeadsSomewhere(_ page: DocumentationPage) throws {
        for link in page.links where !link.contains("://") {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let target = parts[0].isEmpty ? page.path : relative(folder(page).appendingPathComponent(String(parts[0])))
            #expect(FileManager.default.fileExists(atPath: Program.root + "/" + target), "\(page): \(link)")
            guard parts.count == 2 else { continue }
            #expect(try Documentation.page(target).anchors.contains(String(parts[1])), "\(page): \(link)")
        }
    }

    /// No page is reached by nobody.
    @Test func theReadMeLeadsToEveryPage() throws {
        let links = Set(try Documentation.page("README.md").links.map { $0.prefix { $0 != "#" } }.map(String.init))
        for page in Self.pages where page.path.hasPrefix("docs/") { #expect(links.contains(page.path), "\(page)") }
    }

    @Test(arguments: pages)
    func everyCommandIsOneThatExists(_ page: DocumentationPage) throws {
        for line in page.code.flatMap(CommandLineInText.found) {
            #expect(line.fault == nil, "\(page): \(line.fault ?? "") in: \(line.text)")
        }
    }

    /// The package in Python speaks of flags of its own and of the trainers that it goes with.
    @Test(arguments: pages.filter { !$0.path.hasPrefix("Python/") })
    func everyFlagIsOneThatExists(_ page: DocumentationPage) throws {
        let known = CommandHelp.all.reduce(into: Set(["help", "version", "generate-completion-script"])) {
            $0.formUnion($1.flags.keys)
        }
        for span in page.codeSpans where span.hasPrefix("--") {
            let flag = String(span.dropFirst(2).prefix { $0.isLetter || $0.isNumber || $0 == "-" })
            let isKnown = known.contains(flag)
            #expect(isKnown, "\(page): \(span)")
        }
    }

    @Test(arguments: pages)
    func everyPathIsThere(_ page: DocumentationPage) throws {
        let folders = /\b(?:Sources|Tests|Examples|Benchmarks|docker|scripts|docs)\/[\w+.\/-]*\w/
        for match in page.text.replacing(/\[[^\]]*\]\([^)]*\)/, with: "").matches(of: folders) {
            let path = String(match.output)
            // What a reader is told to add.
            if path.contains("Orion") || path.contains("orion") { continue }
            let places = [Program.root, folder(page).path].map { $0 + "/" + path }
            let isThere = places.contains { FileManager.default.fileExists(atPath: $0) }
            #expect(isThere, "\(page): \(path)")
        }
    }

    @Test(arguments: pages)
    func everyTestIsThere(_ page: DocumentationPage) {
        for span in page.codeSpans {
            guard let name = span.wholeMatch(of: /(\w+Tests)/)?.output.1 else { continue }
            let isThere = Self.testNames.contains(String(name))
            #expect(isThere, "\(page): \(name)")
        }
    }

    /// What README shows of the two commands are lines that they print.
    @Test func theReadMeShowsWhatTheCommandsPrint() throws {
        let scripts = try ["run", "test"].map {
            try String(contentsOfFile: Program.root + "/scripts/" + $0, encoding: .utf8)
        }.joined()
        let headings = try Documentation.page("README.md").fencedBlocks.joined().matches(of: /(?m)^== (.+)$/)
        #expect(headings.count > 10)
        for heading in headings {
            // The name of a file stands in a variable there.
            let words = heading.output.1.prefix { $0 != "(" }.trimmingCharacters(in: .whitespaces)
            #expect(scripts.contains(words), "\(words)")
        }
    }

    private static let testNames: Set<String> = {
        let files = FileManager.default.enumerator(atPath: Program.root + "/Tests")
        let paths = (files?.allObjects ?? []).compactMap { $0 as? String }
        return Set(
            paths.compactMap { $0.split(separator: "/").last }.map { String($0.replacing(/\.swift$/, with: "")) })
    }()

    private func folder(_ page: DocumentationPage) -> URL {
        URL(fileURLWithPath: Program.root + "/" + page.path).deletingLastPathComponent()
    }

    private func relative(_ url: URL) -> String {
        String(url.standardizedFileURL.path.dropFirst(Program.root.count + 1))
    }
}

/// A command line of one of the programs in a text, and what is wrong with it.
private struct CommandLineInText {
    let text: String
    let fault: String?

    /// The command lines in a piece of code: from a program's name to the end of the line, the pipe or the quote.
    static func found(in code: String) -> [CommandLineInText] {
        code.replacing(/\\\n\s*/, with: "").matches(
            of: /(?:^|[\s"'=\/])(remit-(?:server|trainer))((?: +[^\s"'`;&#|)]+(?:\|[^\s"'`;&#|)]+)*)*)/
        )
        .map {
            CommandLineInText(program: String($0.output.1), words: $0.output.2.split(separator: " ").map(String.init))
        }
    }

    private init(program: String, words: [String]) {
        text = ([program] + words).joined(separator: " ")
        let root: any ParsableCommand.Type = program == "remit-server" ? ServerCommand.self : RemitTrainer.self
        fault = Self.fault(root, words)
    }

    private static func fault(_ root: any ParsableCommand.Type, _ words: [String]) -> String? {
        let commands = CommandHelp.all.filter { $0.program == root }
        let path = words.prefix { $0.wholeMatch(of: /[a-z|]+/) != nil }.prefix(2).map {
            $0.split(separator: "|").map(String.init)
        }
        guard !words.isEmpty, words != ["--version"], words != ["--help"] else { return nil }
        // The program answers that without a command.
        if words.first == "--generate-completion-script" { return nil }
        // `store stats|verify` stands for two.
        var named = commands
        for (depth, words) in path.enumerated() {
            let depths = named.filter { $0.path.count > depth }
            // A word where no command is left is an argument.
            if depth > 0, depths.isEmpty { break }
            if let unknown = words.first(where: { word in !depths.contains { $0.path[depth] == word } }) {
                return "there is no command \(unknown)"
            }
            named = depths.filter { words.contains($0.path[depth]) }
        }
        if path.isEmpty {
            guard root == ServerCommand.self else { return "no command is named" }
            named = commands.filter { $0.path == ["serve"] }
        }
        let known = named.reduce(into: Set(["help", "version"])) { $0.formUnion($1.flags.keys) }
        for word in words where word.hasPrefix("--") {
            let flag = String(word.dropFirst(2).prefix { $0 != "=" })
            if !known.contains(flag) { return "there is no flag --\(flag)" }
        }
        return nil
    }
}

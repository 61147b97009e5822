import Foundation

/// A page of the repository's documentation, taken apart into what is prose and what is code.
package struct DocumentationPage: Sendable, CustomStringConvertible {
    /// Relative to the repository's root.
    package let path: String
    package let text: String

    package var description: String { path }

    /// Fenced blocks, each without its fences.
    package var fencedBlocks: [String] {
        text.matches(of: /(?ms)^ *```[a-z]*\n(.*?)^ *```/).map { String($0.output.1) }
    }

    /// The text outside of fenced blocks.
    package var outsideOfFences: String { text.replacing(/(?ms)^ *```[a-z]*\n.*?^ *```/, with: "") }

    /// Runs of lines that are indented by four spaces, outside of fences and lists.
    package var indentedBlocks: [String] {
        outsideOfFences.matches(of: /(?m)(?:^ {4}.*\n)+/).map { String($0.output) }
    }

    /// What stands between backticks within a line.
    package var codeSpans: [String] { outsideOfFences.matches(of: /`([^`\n]+)`/).map { String($0.output.1) } }

    /// Everything that is shown as code.
    package var code: [String] { fencedBlocks + indentedBlocks + codeSpans }

    /// Targets of links and pictures, as they are written.
    package var links: [String] {
        outsideOfFences.replacing(/`[^`\n]+`/, with: "").matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) }
    }

    /// What a link can name behind `#`: the headings, in the spelling of the hosts that show Markdown.
    package var anchors: Set<String> {
        let headings = outsideOfFences.matches(of: /(?m)^#+ +(.+?) *$/).map { String($0.output.1) }
        return Set(
            headings.map { heading in
                heading.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                    .replacing(" ", with: "-")
            })
    }
}

package enum Documentation {
    /// Every page that a reader may be sent to: those at the root, docs/, and those of the package in Python.
    package static func pages() throws -> [DocumentationPage] {
        let files = FileManager.default
        func names(in folder: String) throws -> [String] {
            try files.contentsOfDirectory(atPath: Program.root + "/" + folder).filter { $0.hasSuffix(".md") }.sorted()
                .map { folder.isEmpty ? $0 : folder + "/" + $0 }
        }
        let folders = ["", "docs", "Benchmarks/Flywheel", "Python", "Python/docs", "Python/server"]
        return try folders.flatMap(names).map(page)
    }

    /// The page at this path, relative to the repository's root.
    package static func page(_ path: String) throws -> DocumentationPage {
        DocumentationPage(
            path: path, text: try String(contentsOfFile: Program.root + "/" + path, encoding: .utf8))
    }
}

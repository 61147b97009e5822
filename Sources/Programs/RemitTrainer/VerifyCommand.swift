import ArgumentParser
import CommandLines
import Corpora
import Digests
import Formats
import ScoreFiles
import SideCars
import System

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the files that remit-server score wrote, of either form: manifest, hashes, lengths, values.",
        discussion: """
            Every byte is read and hashed. What is wrong is said line by line.

            Exit status: 0 all is sound, 1 something is wrong.
            """)

    @Argument(
        help: ArgumentHelp(
            "A side-car's directory, a file TOKENS.scores or TOKENS.weights, or a directory of such.",
            discussion:
                "Results of score --plan are not: python -m remit.score merge checks them, and makes such files.",
            valueName: "scores"),
        completion: .file())
    var scores: String

    func run() async throws {
        let terminal = Terminal()
        let path = scores
        try PathCheck.input(path: path, "the scores")
        let (problems, rows) = try await onThread("remit-trainer") {
            switch try ScoresForm(path, listsWeights: true) {
            case .sideCar(let directory): try Self.verify(sideCar: directory, terminal)
            case .parallel(let files): try Self.verify(files, terminal)
            }
        }
        terminal.status("")
        for problem in problems { print(problem) }
        if !rows.isEmpty { print(Format.table(rows + [("problems", "\(problems.count)")])) }
        guard problems.isEmpty else { throw ExitCode(1) }
    }

    private typealias Result = (problems: [String], rows: [(String, String)])

    private static func verify(sideCar path: String, _ terminal: Terminal) throws -> Result {
        let result = try SideCarVerification(path).run { shard, count in
            terminal.status("shard \(shard + 1) of \(count)")
        }
        let rows = result.description.map { description in
            [
                ("teacher", "\(description.model), \(description.precision)"),
                ("sequence length", "\(description.sequenceLength)"),
                ("sound", "\(result.shards) shards, \(result.segments) segments, \(result.tokens) tokens"),
            ]
        }
        return (result.problems.map(\.description), rows ?? [])
    }

    private static func verify(_ files: [String], _ terminal: Terminal) throws -> Result {
        var problems: [String] = []
        var (rows, sound, items, scored): ([(String, String)], Int, Int, Int) = ([], 0, 0, 0)
        for json in files {
            do {
                let file = try ParallelFile(json)
                let manifest = file.manifest
                if rows.isEmpty {
                    rows = [
                        ("teacher", "\(manifest.identity.model), \(manifest.identity.precision)"),
                        ("unit", "\(manifest.unit)"),
                    ]
                }
                try file.verify { terminal.status("\(file.path): \(Format.percent($0))") }
                if let problem = try otherTokens(manifest, json, terminal) { throw problem }
                sound += 1
                items += manifest.tokens.items
                scored += manifest.scoredItems
            } catch {
                problems.append("\(error)")
            }
        }
        return (problems, rows + [("sound", "\(sound) files, \(items) items, \(scored) with a number")])
    }

    /// Where the token file is there and is not the one that was scored.
    private static func otherTokens(
        _ manifest: ParallelManifest, _ json: String, _ terminal: Terminal
    ) throws -> ScoreFileError? {
        let path = (json.lastIndex(of: "/").map { String(json[...$0]) } ?? "") + manifest.tokens.file
        guard FileIdentity(path)?.isRegular == true else { return nil }
        let tokens = try TokenItems(path, bareElement: TokenElement(numpyName: manifest.tokens.element))
        let digest = try tokens.digest { terminal.status("\(path): \(Format.percent($0))") }.hex
        return digest == manifest.tokens.sha256
            ? nil : .otherTokens(path: json, tokens: path, expected: manifest.tokens.sha256, got: digest)
    }
}

import Foundation
import TestSupport

/// The demo pair that the repository carries.
enum Demo {
    static let folder = Program.root + "/Examples/demo"
    static let base = folder + "/base"
    static let teacher = folder + "/teacher"
    static let corpus = folder + "/corpus.jsonl"
    static let heldOut = folder + "/heldout.jsonl"
}

/// A few lines of the demo corpus in a file of their own, and a run of remit-trainer on it.
final class TrainerRun: Sendable {
    let directory: TemporaryDirectory
    let corpus: String

    /// - Parameter longerThan: takes only lines with more characters than this.
    init(lines: Int = 24, longerThan characters: Int = 0) throws {
        directory = try TemporaryDirectory()
        let all = try String(contentsOfFile: Demo.corpus, encoding: .utf8).split(separator: "\n")
            .filter { $0.count > characters }.prefix(lines)
        corpus = try directory.write("corpus.jsonl", Array((all.joined(separator: "\n") + "\n").utf8))
    }

    /// A run on a token file: documents of made-up ids, closed by 0, two bytes each.
    init(tokenDocuments count: Int) throws {
        directory = try TemporaryDirectory()
        var ids: [UInt8] = []
        for document in 0..<count {
            let length = 5 + document % 90
            for place in 0..<length { ids.append(UInt8(10 + (place * 31 + document * 7) % 240)) }
            ids.append(0)
        }
        corpus = try directory.write("tokens.npy", ids.flatMap { [$0, 0] })
    }

    /// Three steps of eight windows of 64 tokens unless `arguments` say otherwise. Blocks.
    @discardableResult
    func anneal(
        _ name: String, server: String?, student: String = Demo.base, steps: Int = 3, _ arguments: [String] = []
    ) throws -> Outcome {
        let result = try Program.run(
            "remit-trainer",
            self.arguments(name, servers: server.map { [$0] } ?? [], student: student, steps: steps) + arguments)
        return Outcome(result: result, out: directory.file(name))
    }

    func arguments(
        _ name: String, servers: [String], student: String = Demo.base, steps: Int = 3
    ) -> [String] {
        ["anneal", "--student", student, "--corpus", corpus, "--out", directory.file(name), "--sequence-length", "64"]
            + ["--batch-sequences", "8", "--steps", String(steps), "--learning-rate", "1e-3", "--threads", "1"]
            + ["--out-dtype", "f32"] + servers.flatMap { ["--server", $0] }
    }

    /// A run that goes on while the test does something else.
    func start(_ name: String, servers: [String], steps: Int, _ arguments: [String] = []) throws -> Program {
        try Program(
            start: "remit-trainer", self.arguments(name, servers: servers, steps: steps) + arguments)
    }
}

/// What a run of remit-trainer left behind.
struct Outcome {
    let result: ProgramResult
    let out: String

    /// The JSON lines of its steps.
    func steps() throws -> [[String: Any]] { try Self.steps(in: out) }

    /// None where there is no log yet.
    static func steps(in out: String) throws -> [[String: Any]] {
        guard FileManager.default.fileExists(atPath: out + "/log.jsonl") else { return [] }
        return try String(contentsOfFile: out + "/log.jsonl", encoding: .utf8).split(separator: "\n").compactMap {
            line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["step"] != nil ? object : nil
        }
    }

    struct NoValues: Error { let field: String }

    /// The field of all steps that have it; an error where none has.
    func values(_ field: String) throws -> [Double] {
        let values = try steps().compactMap { ($0[field] as? NSNumber)?.doubleValue }
        guard !values.isEmpty else { throw NoValues(field: field) }
        return values
    }

    func weightsFile() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: out + "/model.safetensors")) }
}

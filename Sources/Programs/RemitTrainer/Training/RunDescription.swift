import Annealing
import CommandLines
import Foundation
import System

/// `run.json`: what a run was started as, written before its first step, for whoever looks at the run while it goes on or after it was
/// stopped. (`remit.json` is written behind the finished checkpoint.)
struct RunDescription: Codable, Equatable {
    var version: String
    var command: String
    var student: String
    /// Absolute: the tokenizer's directory.
    var textDirectory: String
    var corpus: [String]
    var evaluationCorpus: [String]
    var teacher: String?
    var servers: [String]
    var logprobsFrom: String?
    var threads: Int
    var kernelPath: String
    var options: AnnealingOptions

    static func path(_ directory: String) -> String { directory + "/run.json" }

    init(plan: TrainingPlan, teacher: RunTeacher?, threads: Int, state: RunState) {
        version = ProgramVersion.current
        command = plan.command
        switch plan.student {
        case .checkpoint(let path): student = path
        case .random: student = "random weights"
        }
        textDirectory = URL(fileURLWithPath: plan.student.textDirectory).standardizedFileURL.path
        corpus = plan.data.corpus + (plan.data.mix.map { [$0] } ?? [])
        evaluationCorpus = plan.data.evalCorpus
        self.teacher = teacher?.name
        servers = teacher == nil ? [] : plan.teacher.server
        logprobsFrom = teacher == nil ? nil : plan.teacher.logprobsFrom
        self.threads = threads
        kernelPath = state.kernelPath
        options = state.options
    }

    /// nil where there is none that can be read.
    init?(in directory: String) {
        guard let contents = FileManager.default.contents(atPath: Self.path(directory)) else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let found = try? decoder.decode(RunDescription.self, from: contents) else { return nil }
        self = found
    }

    func write(to directory: String) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Self.path(directory), contents: Array(encoder.encode(self)) + [UInt8(ascii: "\n")])
    }

    /// Every option by its path in run.json, for tables.
    var flat: [(name: String, value: String)] {
        guard let json = try? JSONEncoder().encode(self), let object = try? JSONSerialization.jsonObject(with: json)
        else { return [] }
        var flat: [(String, String)] = []
        func visit(_ path: String, _ value: Any) {
            switch value {
            case let members as [String: Any]:
                for (name, member) in members { visit(path.isEmpty ? name : path + "." + name, member) }
            case let list as [Any]: flat.append((path, list.map { "\($0)" }.joined(separator: ", ")))
            default: flat.append((path, "\(value)"))
            }
        }
        visit("", object)
        return flat.map { ($0.replacing(/^options\./, with: ""), $1) }.sorted { $0.0 < $1.0 }
    }
}

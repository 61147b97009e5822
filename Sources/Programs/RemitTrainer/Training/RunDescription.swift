import Annealing
import Coding
import CommandLines
import Foundation
import System
import TeacherLinks

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
        guard let contents = FileManager.default.contents(atPath: Self.path(directory)),
            let found = try? StateCoding.description.value(RunDescription.self, from: contents)
        else { return nil }
        self = found
    }

    func write(to directory: String) throws {
        try AtomicFile.write(Self.path(directory), contents: StateCoding.description.line(self))
    }

    /// Every option by its path in run.json, for tables.
    var flat: [(name: String, value: String)] {
        let leaves = (try? CodedLeaf.all(of: self)) ?? []
        return leaves.map {
            ($0.path.replacing(/^options\./, with: ""), $0.elements?.joined(separator: ", ") ?? $0.text)
        }.sorted { $0.0 < $1.0 }
    }
}

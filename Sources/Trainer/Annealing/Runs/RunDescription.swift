import Coding
import Foundation
import System
import Training

/// `run.json`: what a run was started as, written before its first step and not when it is resumed, for whoever looks at the run while it
/// goes on or after it was stopped. (`remit.json` is written behind the finished checkpoint.)
package struct RunDescription: Codable, Equatable, Sendable {
    /// Version of the program.
    package var version: String
    /// Subcommand that started the run.
    package var command: String
    /// Directory of the checkpoint that the run started from, or `random weights`.
    package var student: String
    /// Absolute path of the tokenizer's directory.
    package var textDirectory: String
    /// Files of the corpus, or the file of its mix, as they were given.
    package var corpus: [String]
    /// Files of the held-out corpus; empty where there is none.
    package var evaluationCorpus: [String]
    /// Name of the teacher; nil where the run has none.
    package var teacher: String?
    /// Names of the teachers of one domain each, by the domain's name; nil where there are none.
    package var domainTeachers: [String: String]?
    /// Servers of the teacher; empty where it is in files, or there is none.
    package var servers: [String]
    /// Side-car with the teacher's log-probs; nil where there is none.
    package var logprobsFrom: String?
    /// Worker threads.
    package var threads: Int
    /// Names of the kernels, on which the last bits depend.
    package var kernelPath: String
    /// Options of the run.
    package var options: AnnealingOptions

    /// Path of the file in a run's directory.
    package static func path(_ directory: String) -> String { directory + "/" + RunDirectory.descriptionName }

    package init(
        version: String, command: String, student: String, textDirectory: String, corpus: [String],
        evaluationCorpus: [String], teacher: String?, domainTeachers: [String: String]? = nil, servers: [String],
        logprobsFrom: String?, threads: Int, state: RunState
    ) {
        self.domainTeachers = domainTeachers
        self.version = version
        self.command = command
        self.student = student
        self.textDirectory = textDirectory
        self.corpus = corpus
        self.evaluationCorpus = evaluationCorpus
        self.teacher = teacher
        self.servers = servers
        self.logprobsFrom = logprobsFrom
        self.threads = threads
        kernelPath = state.kernelPath
        options = state.options
    }

    /// Reads the file in a run's directory; nil where there is none that can be read.
    package init?(in directory: String) {
        guard let contents = FileManager.default.contents(atPath: Self.path(directory)),
            let found = try? StateCoding.description.value(RunDescription.self, from: contents)
        else { return nil }
        self = found
    }

    /// - Throws: `SystemError`.
    package func write(to directory: String) throws {
        try AtomicFile.write(Self.path(directory), contents: StateCoding.description.line(self))
    }

    /// Every option by its path in run.json, for tables.
    package var flat: [(name: String, value: String)] {
        let leaves = (try? CodedLeaf.all(of: self)) ?? []
        return leaves.map {
            ($0.path.replacing(/^options\./, with: ""), $0.elements?.joined(separator: ", ") ?? $0.text)
        }.sorted { $0.0 < $1.0 }
    }
}

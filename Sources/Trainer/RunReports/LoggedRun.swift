import Annealing
import Foundation
import Reinforcement
import Tokenizers
import TokenWeights
import Training

/// What a run has left behind so far.
package struct LoggedRun {
    /// Its directory's name, with as much of the path as tells it from the other runs.
    let name: String
    let steps: [StepRecord]
    let evaluations: [EvaluationRecord]
    /// nil for a run of an older program.
    let description: RunDescription?
    private let tokenizer: Tokenizer?

    /// Reads what runs have left in their directories.
    ///
    /// - Throws: `TrainingError.fileFailed` where a directory holds no run, or one of `reinforce`; `.badLogLine` for a line that is no record.
    package static func load(_ paths: [String]) throws -> [LoggedRun] {
        let names = shortNames(paths.map { URL(fileURLWithPath: $0).standardizedFileURL.path })
        return try zip(paths, names).map { try LoggedRun($0, name: $1) }
    }

    init(_ path: String, name: String) throws {
        let log = path + "/log.jsonl"
        guard FileManager.default.fileExists(atPath: log) else {
            throw TrainingError.fileFailed(path: path, reason: "holds no run: there is no log.jsonl")
        }
        let records = try Self.records(log, of: path)
        self.name = name
        steps = records.compactMap { if case .step(let record) = $0 { record } else { nil } }
        evaluations = records.compactMap { if case .evaluation(let record) = $0 { record } else { nil } }
        description = RunDescription(in: path)
        let directories = [path, description?.textDirectory].compactMap(\.self)
        tokenizer = directories.lazy.compactMap { try? Tokenizer(directory: $0) }.first
    }

    private static func records(_ log: String, of run: String) throws -> [LogRecord] {
        do {
            return try RunLog.records(log)
        } catch let error as TrainingError {
            guard (try? StepLog<ReinforcementRecord>.records(log)) != nil else { throw error }
            throw TrainingError.fileFailed(
                path: run, reason: "holds a run of reinforce; a report is of runs of anneal and pretrain")
        }
    }

    var totalSteps: Int { description?.options.totalSteps ?? steps.last?.step ?? 0 }
    var hasWeights: Bool { steps.contains { $0.weightHistogram != nil } }
    var isDistilled: Bool { steps.contains { $0.kdLoss != nil } }
    /// The weighting, or what there is instead.
    var objective: String {
        description.map { $0.options.distillation?.name ?? $0.options.weighting.name } ?? "-"
    }
    var nextTokenSteps: Int { steps.count { $0.ntp == true } }

    /// What a token reads as, in quotes; its id where no tokenizer is found.
    func text(_ tokenID: Int32) -> String {
        (try? tokenizer?.decode([tokenID], skipSpecialTokens: false)).map(\.debugDescription) ?? "<\(tokenID)>"
    }

    /// The last component of each path, or more of it where that is not enough.
    static func shortNames(_ paths: [String]) -> [String] {
        let parts = paths.map { $0.split(separator: "/").map(String.init) }
        let most = parts.map(\.count).max() ?? 1
        for depth in 1...max(1, most) {
            let names = parts.map { $0.suffix(depth).joined(separator: "/") }
            if Set(names).count == Set(paths).count { return names }
        }
        return paths
    }
}

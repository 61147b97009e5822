import Annealing
import Foundation
import Reinforcement
import RunReports
import Training

extension ModelResult {
    /// Reads what a finished model's evaluation printed.
    init(_ model: FlywheelModel, _ paths: FlywheelPaths) throws {
        let (report, tasks) = try Self.evaluation(paths.evaluation(model))
        let losses = (report.heldOut?.domains ?? []).map { ($0.domain, $0.loss) }
        self.init(
            model: model,
            accuracy: Dictionary(uniqueKeysWithValues: tasks.families.map { ($0.family, $0.accuracy) }),
            meanAccuracy: tasks.accuracy, loss: Dictionary(losses) { first, _ in first }, goldNats: tasks.goldNats,
            passAtK: tasks.passAtK, distinctShare: tasks.distinctShare)
    }

    fileprivate static func evaluation(_ path: String) throws -> (report: EvaluationReport, tasks: TaskScores) {
        let report = try FlywheelResults.reading(path) {
            try EvaluationReport(json: Data(contentsOf: URL(fileURLWithPath: path)))
        }
        guard let tasks = report.tasks else { throw FlywheelError.badResult(path: path, reason: "it holds no tasks") }
        return (report, tasks)
    }
}

extension LossCurve {
    /// Reads the log of a mid-training, and the evaluations on its way.
    init(_ model: FlywheelModel, _ plan: FlywheelPlan, _ paths: FlywheelPaths) throws {
        let path = paths.model(model) + "/log.jsonl"
        self.init(
            model: model, points: [], asked: [], stepSeconds: 0, waitSeconds: 0, meanWeight: 0, clippedShare: 0)
        var (tokens, steps) = (0, 0)
        var stepTokens: [Int: Int] = [:]
        for record in try FlywheelResults.reading(path, { try RunLog.records(path) }) {
            switch record {
            case .step(let step):
                tokens += step.tokens
                stepTokens[step.step] = tokens
                stepSeconds += step.stepSeconds
                waitSeconds += step.waitSeconds
                meanWeight += step.meanWeight
                clippedShare += step.clippedShare
                steps += 1
            case .evaluation(let evaluation):
                stepTokens[evaluation.step] = tokens
                guard let domains = evaluation.heldOutDomains else { continue }
                let loss = Dictionary(domains.map { ($0.domain, $0.loss) }) { first, _ in first }
                points.append(.init(tokens: tokens, loss: loss))
            }
        }
        meanWeight /= Double(max(1, steps))
        clippedShare /= Double(max(1, steps))
        for step in plan.stepsOnTheWay {
            let tasks = try ModelResult.evaluation(paths.evaluation(model, step: step)).tasks
            asked.append(.init(tokens: stepTokens[step] ?? 0, accuracy: tasks.accuracy))
        }
        asked.append(.init(tokens: tokens, accuracy: try ModelResult(model, paths).meanAccuracy))
    }
}

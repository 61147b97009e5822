import Annealing
import Coding
import Foundation
import Reinforcement
import RunReports
import Training

/// Accuracy and held-out losses of one model of a flywheel.
package struct ModelResult: Sendable, Equatable, Codable {
    /// The model that was asked.
    package var model: FlywheelModel
    /// Share of held-out problems that the greedy completion answers right, by family. 0 to 1.
    package var accuracy: [String: Double]
    /// Mean of the families' accuracies, each counted alike. 0 to 1.
    package var meanAccuracy: Double
    /// Held-out next-token loss by domain (`reasoning`, `filler`), nats a token; empty where no held-out corpus was read.
    package var loss: [String: Double]
}

/// One mid-training as its log and evaluations tell it: held-out losses and accuracies on the way, weights, time.
package struct LossCurve: Sendable, Equatable, Codable {
    /// Held-out losses at one moment.
    package struct Point: Sendable, Equatable, Codable {
        /// Tokens of mid-training until then, counted from its start.
        package var tokens: Int
        /// Held-out next-token loss by domain, nats a token.
        package var loss: [String: Double]
    }

    /// Accuracy on held-out problems at one moment.
    package struct Asked: Sendable, Equatable, Codable {
        /// Tokens of mid-training until then, counted from its start.
        package var tokens: Int
        /// Mean of the families' accuracies, 0 to 1; before the end over fewer problems than at it.
        package var accuracy: Double
    }

    /// The mid-trained model that the run made.
    package var model: FlywheelModel
    /// Held-out losses in the order of the log.
    package var points: [Point]
    /// Accuracies after each part of mid-training, the end last.
    package var asked: [Asked]
    /// Wall-clock seconds of all steps, waiting for the teacher included.
    package var stepSeconds: Double
    /// Wall-clock seconds that the steps spent waiting for the teacher.
    package var waitSeconds: Double
    /// Mean weight of a step's scored tokens, averaged over steps.
    package var meanWeight: Double
    /// Share of a step's scored tokens whose weight was cut at either end, averaged over steps. 0 to 1.
    package var clippedShare: Double
}

/// All that a report is made of, as it stands in `results.json`.
package struct FlywheelResults: Sendable, Codable {
    /// The plan that was carried out.
    package var plan: FlywheelPlan
    /// Kernel paths on which bases were pre-trained, each once; on another path the last bits of the numbers differ.
    package var kernelPaths: [String] = []
    /// What each model can do, by base, then round, method and phase. The baseline stands in round 1 only.
    package var models: [ModelResult] = []
    /// The course of each mid-training, by base, then round and method.
    package var curves: [LossCurve] = []
    /// The course of each reinforcement, by base, then round and method: post-trained methods only.
    package var rewards: [RewardCourse] = []
    /// CPU time of the teachers' servers, by base and round; nothing for those where it could not be seen.
    package var teacherCosts: [TeacherCost] = []
    /// What ReMiT's first weights fall on, one profile a base.
    package var weightProfiles: [WeightProfile] = []

    /// Reads what an earlier run wrote, from which a report can be made anew.
    ///
    /// - Throws: `FlywheelError.fileFailed` where there is no file, `.badResult` for a file that is none, `.badPlan` or
    ///   `.unknownMethod` for a plan that nothing can have run.
    package init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FlywheelError.fileFailed(path: path, reason: "it is not there; a flywheel that has run writes it")
        }
        do {
            self = try StateCoding.flywheel.value(from: data)
        } catch {
            throw FlywheelError.badResult(path: path, reason: "\(error)")
        }
        try plan.validate()
    }

    /// Reads the logs and evaluations that the stages left, and computes the weight profile of each base, which takes forward
    /// passes of the base and its first teacher.
    ///
    /// - Throws: `FlywheelError.badResult` for a file that is absent or cannot be understood. Errors of checkpoints and tokenizer
    ///   pass through.
    package init(_ plan: FlywheelPlan, _ paths: FlywheelPaths) throws {
        self.plan = plan
        for seed in plan.seeds {
            let base = paths.pretrained(seed)
            let path = try Self.reading(base) { try RunLineage(in: base).kernelPath }
            if !kernelPaths.contains(path) { kernelPaths.append(path) }
            weightProfiles.append(try WeightProfile(seed: seed, plan: plan, paths: paths))
            for round in 1...plan.rounds {
                for method in plan.methods where round == 1 || method.name != FlywheelMethod.baseline {
                    let mid = FlywheelModel(seed: seed, round: round, method: method.name, phase: .mid)
                    let phases = plan.isPostTrained(method.name) ? FlywheelModel.Phase.allCases : [.mid]
                    for phase in phases { models.append(try Self.result(mid.at(phase), paths)) }
                    if plan.isPostTrained(method.name) {
                        rewards.append(try RewardCourse(mid.at(.reinforced), paths))
                    }
                    curves.append(try Self.curve(mid, plan, paths))
                }
                let cost = paths.teacherCost(seed, round)
                if let data = FileManager.default.contents(atPath: cost) {
                    teacherCosts.append(try Self.reading(cost) { try StateCoding.report.value(from: data) })
                }
            }
        }
    }

    private static func evaluation(_ path: String) throws -> (report: EvaluationReport, tasks: TaskScores) {
        let report = try reading(path) { try EvaluationReport(json: Data(contentsOf: URL(fileURLWithPath: path))) }
        guard let tasks = report.tasks else { throw FlywheelError.badResult(path: path, reason: "it holds no tasks") }
        return (report, tasks)
    }

    private static func result(_ model: FlywheelModel, _ paths: FlywheelPaths) throws -> ModelResult {
        let (report, tasks) = try evaluation(paths.evaluation(model))
        let losses = (report.heldOut?.domains ?? []).map { ($0.domain, $0.loss) }
        return ModelResult(
            model: model,
            accuracy: Dictionary(uniqueKeysWithValues: tasks.families.map { ($0.family, $0.accuracy) }),
            meanAccuracy: tasks.accuracy, loss: Dictionary(losses) { first, _ in first })
    }

    private static func curve(
        _ model: FlywheelModel, _ plan: FlywheelPlan, _ paths: FlywheelPaths
    ) throws -> LossCurve {
        let path = paths.model(model) + "/log.jsonl"
        var curve = LossCurve(
            model: model, points: [], asked: [], stepSeconds: 0, waitSeconds: 0, meanWeight: 0, clippedShare: 0)
        var (tokens, steps) = (0, 0)
        var stepTokens: [Int: Int] = [:]
        for record in try reading(path, { try RunLog.records(path) }) {
            switch record {
            case .step(let step):
                tokens += step.tokens
                stepTokens[step.step] = tokens
                curve.stepSeconds += step.stepSeconds
                curve.waitSeconds += step.waitSeconds
                curve.meanWeight += step.meanWeight
                curve.clippedShare += step.clippedShare
                steps += 1
            case .evaluation(let evaluation):
                stepTokens[evaluation.step] = tokens
                guard let domains = evaluation.heldOutDomains else { continue }
                let loss = Dictionary(domains.map { ($0.domain, $0.loss) }) { first, _ in first }
                curve.points.append(.init(tokens: tokens, loss: loss))
            }
        }
        curve.meanWeight /= Double(max(1, steps))
        curve.clippedShare /= Double(max(1, steps))
        for step in plan.stepsOnTheWay {
            let tasks = try evaluation(paths.evaluation(model, step: step)).tasks
            curve.asked.append(.init(tokens: stepTokens[step] ?? 0, accuracy: tasks.accuracy))
        }
        let last = try result(model, paths)
        curve.asked.append(.init(tokens: tokens, accuracy: last.meanAccuracy))
        return curve
    }

    /// What `body` reads from a file of a stage; why it cannot be read is told with the file.
    static func reading<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw FlywheelError.badResult(path: path, reason: "\(error)")
        }
    }
}

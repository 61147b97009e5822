import Foundation

/// What one model of a flywheel can do.
package struct ModelResult: Sendable, Equatable, Codable {
    package var model: FlywheelModel
    /// By family.
    package var accuracy: [String: Double]
    package var meanAccuracy: Double
    /// Held-out loss by domain, nats a token.
    package var loss: [String: Double]
}

/// Held-out losses in the course of mid-training.
package struct LossCurve: Sendable, Equatable, Codable {
    package struct Point: Sendable, Equatable, Codable {
        package var tokens: Int
        package var loss: [String: Double]
    }

    /// Accuracy on the way.
    package struct Asked: Sendable, Equatable, Codable {
        package var tokens: Int
        package var accuracy: Double
    }

    package var model: FlywheelModel
    package var points: [Point]
    package var asked: [Asked]
    /// Seconds of the run's steps, and of those the seconds spent waiting for the teacher.
    package var stepSeconds: Double
    package var waitSeconds: Double
    /// Of the scored tokens, mean over steps.
    package var meanWeight: Double
    /// Share of the scored tokens whose weight was cut, mean over steps.
    package var clippedShare: Double
}

/// All that a report is made of: `results.json`.
package struct FlywheelResults: Sendable, Codable {
    package var plan: FlywheelPlan
    /// What the numbers were computed with; on another path their last bits differ.
    package var kernelPaths: [String] = []
    package var models: [ModelResult] = []
    package var curves: [LossCurve] = []
    package var rewards: [RewardCourse] = []
    package var teacherCosts: [TeacherCost] = []
    package var weightProfiles: [WeightProfile] = []

    /// What an earlier run wrote, from which a report can be made anew.
    /// - Throws: `FlywheelError.badResult` for a file that is none, `.badPlan` for a plan that nothing can have run.
    package init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FlywheelError.fileFailed(path: path, reason: "it is not there; a flywheel that has run writes it")
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch {
            throw FlywheelError.badResult(path: path, reason: "\(error)")
        }
        try plan.validate()
    }

    /// Reads what the stages left.
    package init(_ plan: FlywheelPlan, _ paths: FlywheelPaths) throws {
        self.plan = plan
        for seed in plan.seeds {
            let path = try Self.kernelPath(paths.pretrained(seed))
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
                    teacherCosts.append(try Self.decoded(data, cost))
                }
            }
        }
    }

    private static func kernelPath(_ checkpoint: String) throws -> String {
        struct Lineage: Decodable { var kernelPath: String }
        let path = checkpoint + "/remit.json"
        let lineage: Lineage = try decoded(FileManager.default.contents(atPath: path), path)
        return lineage.kernelPath
    }

    private struct Evaluation: Decodable {
        struct Tasks: Decodable {
            struct Family: Decodable {
                var family: String
                var accuracy: Double
            }
            var families: [Family]
            var accuracy: Double
        }
        struct Domain: Decodable { var loss: Double }
        var tasks: Tasks
        /// Where a held-out corpus was read too.
        var domains: [String: Domain]?
    }

    private static func result(_ model: FlywheelModel, _ paths: FlywheelPaths) throws -> ModelResult {
        let path = paths.evaluation(model)
        let evaluation: Evaluation = try decoded(FileManager.default.contents(atPath: path), path)
        return ModelResult(
            model: model,
            accuracy: Dictionary(uniqueKeysWithValues: evaluation.tasks.families.map { ($0.family, $0.accuracy) }),
            meanAccuracy: evaluation.tasks.accuracy, loss: (evaluation.domains ?? [:]).mapValues(\.loss))
    }

    /// A line of a run's log: a step, or a held-out loss.
    private struct LogLine: Decodable {
        var step: Int
        var tokens: Int?
        var stepSeconds: Double?
        var waitSeconds: Double?
        var meanWeight: Double?
        var clippedLowShare: Double?
        var clippedHighShare: Double?
        var heldOutDomains: [Domain]?

        struct Domain: Decodable {
            var domain: String
            var loss: Double
        }
    }

    private static func curve(
        _ model: FlywheelModel, _ plan: FlywheelPlan, _ paths: FlywheelPaths
    ) throws -> LossCurve {
        let path = paths.model(model) + "/log.jsonl"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FlywheelError.badResult(path: path, reason: "it is not there")
        }
        var curve = LossCurve(
            model: model, points: [], asked: [], stepSeconds: 0, waitSeconds: 0, meanWeight: 0, clippedShare: 0)
        var (tokens, steps) = (0, 0)
        var stepTokens: [Int: Int] = [:]
        for line in data.split(separator: UInt8(ascii: "\n")) {
            let record: LogLine = try decoded(Data(line), path)
            tokens += record.tokens ?? 0
            stepTokens[record.step] = tokens
            curve.stepSeconds += record.stepSeconds ?? 0
            curve.waitSeconds += record.waitSeconds ?? 0
            if let weight = record.meanWeight {
                steps += 1
                curve.meanWeight += weight
            }
            curve.clippedShare += (record.clippedLowShare ?? 0) + (record.clippedHighShare ?? 0)
            if let domains = record.heldOutDomains {
                let loss = Dictionary(domains.map { ($0.domain, $0.loss) }) { first, _ in first }
                curve.points.append(.init(tokens: tokens, loss: loss))
            }
        }
        curve.meanWeight /= Double(max(1, steps))
        curve.clippedShare /= Double(max(1, steps))
        for step in plan.stepsOnTheWay {
            let path = paths.evaluation(model, step: step)
            let evaluation: Evaluation = try decoded(FileManager.default.contents(atPath: path), path)
            curve.asked.append(.init(tokens: stepTokens[step] ?? 0, accuracy: evaluation.tasks.accuracy))
        }
        let last = try result(model, paths)
        curve.asked.append(.init(tokens: tokens, accuracy: last.meanAccuracy))
        return curve
    }

    static func decoded<Value: Decodable>(_ data: Data?, _ path: String) throws -> Value {
        guard let data else { throw FlywheelError.badResult(path: path, reason: "it is not there") }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(Value.self, from: data)
        } catch {
            throw FlywheelError.badResult(path: path, reason: "\(error)")
        }
    }
}

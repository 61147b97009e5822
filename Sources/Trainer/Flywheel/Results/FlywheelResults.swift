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
    /// Nats of the right completion given its prompt, mean over problems, then over families; nil where it was not measured.
    package var goldNats: Double?
    /// Chance that one of the plan's samples of a problem is right, mean over problems, then over families; nil where none was drawn.
    package var passAtK: Double?
    /// Share of a problem's samples that are different texts, mean likewise; nil where none was drawn.
    package var distinctShare: Double?
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

        package init(tokens: Int, accuracy: Double) {
            self.tokens = tokens
            self.accuracy = accuracy
        }
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
    /// What each base was computed by, by base; nil in results of before that was kept.
    package var origins: [BasePart.Origin]?

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

    /// Brings together what was found of several bases.
    ///
    /// - Parameter parts: one a base of the plan, in the order of its seeds.
    package init(_ plan: FlywheelPlan, _ parts: [BasePart]) {
        self.plan = plan
        for path in parts.map(\.origin.kernelPath) where !kernelPaths.contains(path) { kernelPaths.append(path) }
        models = parts.flatMap(\.models)
        curves = parts.flatMap(\.curves)
        rewards = parts.flatMap(\.rewards)
        teacherCosts = parts.flatMap(\.teacherCosts)
        weightProfiles = parts.map(\.weightProfile)
        origins = parts.map(\.origin)
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

extension FlywheelResults {
    /// One number of each base's model of a method, round and phase, by the seed of the base; bases without the model or the
    /// number are absent.
    func values(
        _ method: String, _ round: Int, _ phase: FlywheelModel.Phase, _ value: (ModelResult) -> Double?
    ) -> [UInt64: Double] {
        var found: [UInt64: Double] = [:]
        for result in models
        where result.model.method == method && result.model.round == round && result.model.phase == phase {
            found[result.model.seed] = value(result)
        }
        return found
    }
}

import Foundation

/// Where everything of a flywheel lies.
package struct FlywheelPaths: Sendable {
    package let root: String

    package init(_ root: String) { self.root = root }

    package var plan: String { root + "/plan.json" }
    package var modelConfiguration: String { root + "/model.yaml" }
    package var tokenizer: String { root + "/tokenizer" }
    package var heldOut: String { root + "/heldout.jsonl" }
    package var results: String { root + "/results.json" }
    package var page: String { root + "/report.html" }
    package var table: String { root + "/report.md" }
    package func marker(_ stage: String) -> String { root + "/stages/" + Self.flat(stage) + ".json" }
    package func log(_ stage: String) -> String { root + "/logs/" + Self.flat(stage) + ".log" }
    package func base(_ seed: UInt64) -> String { root + "/base-\(seed)" }
    package func corpus(_ seed: UInt64, _ name: String) -> String { base(seed) + "/\(name).jsonl" }
    package func tokens(_ seed: UInt64) -> String { base(seed) + "/tokens" }
    package func pretrained(_ seed: UInt64) -> String { base(seed) + "/pretrained" }
    package func model(_ model: FlywheelModel) -> String { base(model.seed) + "/round-\(model.round)/\(model.name)" }
    package func evaluation(_ model: FlywheelModel) -> String { self.model(model) + ".evaluation.json" }
    /// A model on its way, after a step of its mid-training.
    package func export(_ model: FlywheelModel, step: Int) -> String {
        self.model(model) + String(format: "/exports/step-%08d", step)
    }
    package func evaluation(_ model: FlywheelModel, step: Int) -> String {
        self.model(model) + ".step-\(step).evaluation.json"
    }

    package func teacherCost(_ seed: UInt64, _ round: Int) -> String { base(seed) + "/round-\(round)/server.json" }

    private static func flat(_ stage: String) -> String { stage.split(separator: "/").joined(separator: ".") }
}

/// A model that a flywheel makes after pre-training.
package struct FlywheelModel: Sendable, Hashable, Codable {
    package enum Phase: String, Sendable, Codable, CaseIterable {
        /// After mid-training.
        case mid
        /// Then tuned on prompts and completions.
        case tuned
        /// Then reinforced.
        case reinforced
    }

    package var seed: UInt64
    package var round: Int
    package var method: String
    package var phase: Phase

    package init(seed: UInt64, round: Int, method: String, phase: Phase) {
        self.seed = seed
        self.round = round
        self.method = method
        self.phase = phase
    }

    package var name: String { phase == .mid ? method : method + "-" + phase.rawValue }

    package func at(_ phase: Phase) -> FlywheelModel {
        FlywheelModel(seed: seed, round: round, method: method, phase: phase)
    }
}

import Foundation

/// Paths of everything that a flywheel makes, below one directory. Nothing is created here.
package struct FlywheelPaths: Sendable {
    /// The directory of the flywheel as it was given (`--out`). The arguments of stages hold it, their records do not: continued under
    /// another spelling, or where it was moved to, they are the same.
    package let root: String

    /// One spelling of a directory, with a slash behind it or without.
    package init(_ root: String) {
        let trimmed = root.replacing(/\/+$/, with: "")
        self.root = trimmed.isEmpty ? root : trimmed
    }

    /// The plan, written before the first stage.
    package var plan: String { root + "/plan.json" }
    /// The configuration file that `remit-trainer pretrain` reads the model's shape from.
    package var modelConfiguration: String { root + "/model.yaml" }
    /// Directory of the tokenizer that all models share.
    package var tokenizer: String { root + "/tokenizer" }
    /// The held-out corpus that all bases share, JSON lines.
    package var heldOut: String { root + "/heldout.jsonl" }
    /// What the report is made of: `FlywheelResults` as JSON.
    package var results: String { root + "/results.json" }
    /// Directory of the results of finished bases, a file each.
    package var parts: String { root + "/parts" }
    /// Results of one finished base: `BasePart` as JSON.
    package func part(_ seed: UInt64) -> String { parts + "/base-\(seed).json" }
    /// The report as one HTML page.
    package var page: String { root + "/report.html" }
    /// The report's main tables and conclusions in Markdown.
    package var table: String { root + "/report.md" }
    /// Record of a stage, there once it is done. Slashes in the stage's name become dots.
    package func marker(_ stage: String) -> String { root + "/stages/" + Self.flat(stage) + ".json" }
    /// Output of a stage's process or of a server: standard error, and standard output where no file keeps it. Slashes in the name
    /// become dots.
    package func log(_ stage: String) -> String { root + "/logs/" + Self.flat(stage) + ".log" }
    /// Directory of one base and of all that is made from it.
    package func base(_ seed: UInt64) -> String { root + "/base-\(seed)" }
    /// A training corpus of one base, JSON lines; `name` is `pretraining`, `mid-training` or `tuning`.
    package func corpus(_ seed: UInt64, _ name: String) -> String { base(seed) + "/\(name).jsonl" }
    /// Directory where the trainer keeps the tokenized corpora of one base.
    package func tokens(_ seed: UInt64) -> String { base(seed) + "/tokens" }
    /// Run directory of the pre-trained base, itself a Hugging Face directory.
    package func pretrained(_ seed: UInt64) -> String { base(seed) + "/pretrained" }
    /// Run directory of a mid-trained, tuned or reinforced model, itself a Hugging Face directory.
    package func model(_ model: FlywheelModel) -> String { base(model.seed) + "/round-\(model.round)/\(model.name)" }
    /// Accuracy and held-out losses of a finished model, as `remit-trainer evaluate --json` prints them.
    package func evaluation(_ model: FlywheelModel) -> String { self.model(model) + ".evaluation.json" }
    /// Directory of the model as it was after a step of its mid-training.
    package func export(_ model: FlywheelModel, step: Int) -> String {
        self.model(model) + String(format: "/exports/step-%08d", step)
    }
    /// Accuracy of the model as it was after a step of its mid-training, as `remit-trainer evaluate --json` prints it.
    package func evaluation(_ model: FlywheelModel, step: Int) -> String {
        self.model(model) + ".step-\(step).evaluation.json"
    }

    /// What a base's server cost in a round: `TeacherCost` as JSON.
    package func teacherCost(_ seed: UInt64, _ round: Int) -> String { base(seed) + "/round-\(round)/server.json" }

    private static func flat(_ stage: String) -> String { stage.split(separator: "/").joined(separator: ".") }
}

/// One model that a flywheel makes after pre-training, named by where it comes from.
package struct FlywheelModel: Sendable, Hashable, Codable {
    /// How far a model is trained, in the order of training.
    package enum Phase: String, Sendable, Codable, CaseIterable {
        /// After mid-training.
        case mid
        /// After mid-training and supervised tuning on prompts and completions.
        case tuned
        /// After mid-training, supervised tuning and reinforcement.
        case reinforced
    }

    /// Seed of the base.
    package var seed: UInt64
    /// Round of its mid-training, from 1.
    package var round: Int
    /// Name of the method of its mid-training.
    package var method: String
    /// How far it is trained.
    package var phase: Phase

    package init(seed: UInt64, round: Int, method: String, phase: Phase) {
        self.seed = seed
        self.round = round
        self.method = method
        self.phase = phase
    }

    /// Last part of its path and of its stages' names: `remit`, `remit-tuned`, `remit-reinforced`.
    package var name: String { phase == .mid ? method : method + "-" + phase.rawValue }

    /// The model of the same base, round and method in another phase.
    package func at(_ phase: Phase) -> FlywheelModel {
        FlywheelModel(seed: seed, round: round, method: method, phase: phase)
    }
}

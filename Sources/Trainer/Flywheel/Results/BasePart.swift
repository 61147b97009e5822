import Annealing
import Coding
import Digests
import Foundation

/// What was found of one base, and what it was run with: `parts/base-N.json`, written when the base is finished, so that bases of other
/// runs and machines can be merged with it.
package struct BasePart: Sendable, Codable {
    /// What a base was computed by, and how long it took.
    package struct Origin: Sendable, Equatable, Codable {
        /// Seed of the base.
        package var seed: UInt64
        /// Version of the program.
        package var version: String
        /// Kernel path on which the base was pre-trained; on another the last bits of the numbers differ.
        package var kernelPath: String
        /// Name of the processor, as the system tells it.
        package var processor: String
        /// Wall-clock seconds of the base's stages together.
        package var seconds: Double
        /// CPU seconds of the base's stages and of its teachers' server; nil where the system does not tell.
        package var cpuSeconds: Double?
    }

    /// Version of the file that is written; another cannot be read.
    package static let currentFormat = 1

    /// Version of the file.
    package var format = currentFormat
    /// `FlywheelPlan.fingerprint` of the plan: parts with the same one may be merged.
    package var planFingerprint: String
    /// The plan, with this base's seed alone.
    package var plan: FlywheelPlan
    /// What the base was computed by.
    package var origin: Origin
    /// What each model can do, by round, method and phase.
    package var models: [ModelResult] = []
    /// The course of each mid-training, by round and method.
    package var curves: [LossCurve] = []
    /// The course of each reinforcement, by round and method.
    package var rewards: [RewardCourse] = []
    /// CPU time of the teachers' server, by round.
    package var teacherCosts: [TeacherCost] = []
    /// What ReMiT's first weights fall on.
    package var weightProfile: WeightProfile

    /// Seed of the base.
    package var seed: UInt64 { origin.seed }

    /// Reads the logs and evaluations that the stages of a finished base left, and computes its weight profile, which takes forward
    /// passes of the base and its first teacher.
    ///
    /// - Throws: `FlywheelError.badResult` for a file that is absent or cannot be understood. Errors of checkpoints and tokenizer
    ///   pass through.
    init(seed: UInt64, plan: FlywheelPlan, paths: FlywheelPaths, version: String) throws {
        self.plan = plan
        self.plan.seeds = [seed]
        planFingerprint = try plan.fingerprint
        let base = paths.pretrained(seed)
        let kernelPath = try FlywheelResults.reading(base) { try RunLineage(in: base).kernelPath }
        weightProfile = try WeightProfile(seed: seed, plan: plan, paths: paths)
        origin = Origin(
            seed: seed, version: version, kernelPath: kernelPath, processor: ProcessorName.current, seconds: 0)
        models = try plan.models(seed).map { try ModelResult($0, paths) }
        for round in 1...plan.rounds {
            for method in plan.methods(ofRound: round) {
                let mid = FlywheelModel(seed: seed, round: round, method: method.name, phase: .mid)
                if plan.isPostTrained(method.name) { rewards.append(try RewardCourse(mid.at(.reinforced), paths)) }
                if method.averaged == nil { curves.append(try LossCurve(mid, plan, paths)) }
            }
            let cost = paths.teacherCost(seed, round)
            if let data = FileManager.default.contents(atPath: cost) {
                teacherCosts.append(try FlywheelResults.reading(cost) { try StateCoding.report.value(from: data) })
            }
        }
        let records = try FlywheelStages(plan, paths).base(seed).compactMap { stage -> StageRecord? in
            let path = paths.marker(stage.name)
            guard let data = FileManager.default.contents(atPath: path) else { return nil }
            return try FlywheelResults.reading(path) { try StateCoding.flywheel.value(from: data) }
        }
        origin.seconds = records.reduce(0) { $0 + $1.seconds }
        let times = records.compactMap(\.cpuSeconds)
        if times.count == records.count {
            origin.cpuSeconds = (times + teacherCosts.map(\.cpuSeconds)).reduce(0, +)
        }
    }

    /// Reads a part that an earlier run wrote.
    ///
    /// - Throws: `FlywheelError.fileFailed` where there is no file, `.badResult` for one that is no part, whose plan is not the one that its
    ///   fingerprint is of, or that has not one result of each of the plan's models; what `FlywheelPlan.validate` throws.
    package init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FlywheelError.fileFailed(
                path: path, reason: "it is not there; a flywheel writes it when the base is finished")
        }
        self = try FlywheelResults.reading(path) { try StateCoding.flywheel.value(from: data) }
        func require(_ holds: Bool, _ reason: String) throws {
            guard holds else { throw FlywheelError.badResult(path: path, reason: reason) }
        }
        try require(format == Self.currentFormat, "its format is \(format), expected \(Self.currentFormat)")
        try require(
            plan.seeds == [seed] && models.allSatisfy { $0.model.seed == seed },
            "its numbers are not of base \(seed) alone")
        try require(
            try planFingerprint == plan.fingerprint,
            "its plan is not the one that planFingerprint is of: it was changed")
        try plan.validate()
        let found = Dictionary(grouping: models, by: \.model)
        for model in plan.models(seed) {
            let count = found[model]?.count ?? 0
            let name = "\(model.method), round \(model.round), \(model.phase.rawValue)"
            try require(count == 1, "it has \(count) results of the model \(name); expected 1")
        }
    }

    /// Whether two parts of a base hold the same numbers, bit for bit; times and processor do not matter.
    package func agrees(with other: BasePart) -> Bool {
        planFingerprint == other.planFingerprint && models == other.models && rewards == other.rewards
            && weightProfile == other.weightProfile
            && curves.map(\.withoutTimes) == other.curves.map(\.withoutTimes)
    }
}

/// Name of the processor that computes.
enum ProcessorName {
    /// `model name` of /proc/cpuinfo; `unknown` where the system has none.
    static var current: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":", maxSplits: 1).last.map { $0.drop(while: \.isWhitespace) }
        return name.map(String.init) ?? "unknown"
    }
}

extension LossCurve {
    /// The curve without wall-clock times, which no two runs share.
    var withoutTimes: LossCurve {
        var copy = self
        (copy.stepSeconds, copy.waitSeconds) = (0, 0)
        return copy
    }
}

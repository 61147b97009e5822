/// One way to spend the tokens of mid-training. All methods of a base start from the same parameters and see the same tokens in the same
/// order.
package struct FlywheelMethod: Sendable, Equatable, Codable {
    /// Which post-trained model is the teacher. In round 1 it is the baseline's, later that of the plan's `nextTeacher` from the
    /// round before.
    package enum Teacher: String, Sendable, Codable {
        /// No teacher: no server is needed.
        case none
        /// The model after supervised tuning and reinforcement.
        case reinforced
        /// The model after supervised tuning, before reinforcement.
        case supervised
        /// The model after mid-training, before any tuning.
        case midTrained = "mid-trained"
    }

    /// Name in plans, paths and reports: `remit`.
    package let name: String
    /// The model that is asked for log-probs while mid-training.
    package let teacher: Teacher
    /// Options of `remit-trainer anneal` that make the method; everything else of the command is the same for all methods.
    package let arguments: [String]
    /// What is added to the base's seed where mid-training orders its corpus: the same documents in another order. nil: nothing.
    package var orderOffset: UInt64?
    /// Steps of mid-training over those of the plan, its schedule stretched over them; documents are read again where they run out.
    /// nil: as many.
    package var stepsFactor: Double?
    /// Names of methods whose mid-trained models are averaged in place of a mid-training of its own; they stand before it in a plan. nil:
    /// it trains.
    package var averaged: [String]?
    /// A few words for the report. A part of the plan: with other words a flywheel that was begun cannot be continued.
    package let description: String

    /// Steps of the method's mid-training, where the plan has so many.
    package func steps(of planned: Int) -> Int { Int((Double(planned) * (stepsFactor ?? 1)).rounded()) }
}

extension FlywheelMethod {
    /// Name of the method with which every other is compared: plain next-token prediction.
    package static let baseline = "ntp"

    /// Name of the method whose differences to the baseline are those of the order alone: the noise floor.
    package static let reordered = "ntp-reordered"

    /// Every method, the baseline first.
    package static let all: [FlywheelMethod] = [
        method("ntp", .none, ["--weighting", "ntp"], "plain next-token prediction"),
        method("remit", .reinforced, ["--weighting", "remit"], "the teacher against the student as it is"),
        method("remit-static", .reinforced, ["--weighting", "remit-static"], "the teacher against the frozen base"),
        method(
            "remit-document", .reinforced, ["--weighting", "remit", "--centering", "document"],
            "centred over each document"),
        method("remit-unclipped", .reinforced, ["--weighting", "remit", "--epsilon", "1"], "epsilon 1: no clip"),
        method(
            "sft-guided", .supervised, ["--weighting", "remit"], "the tuned model before reinforcement as the teacher"),
        method("rho1", .reinforced, ["--weighting", "rho1"], "60 % of the tokens, those the teacher favours most"),
        method(
            "kd", .reinforced, ["--objective", "kd"],
            "distillation: KL to the teacher's 32 likeliest tokens and the rest, no next-token loss"),
        method(
            "kd-reverse", .reinforced, ["--objective", "kd", "--kd-divergence", "reverse"],
            "distillation: KL from the student to the teacher"),
        method(
            "kd-tempered", .reinforced, ["--objective", "kd", "--kd-weight", "0.5", "--kd-temperature", "2"],
            "distillation: half next-token loss, half KL at temperature 2"),
        method(
            "switch-kd", .reinforced, ["--objective", "switch-kd"],
            "distillation where the teacher is surest (a fifth of the tokens), next-token loss elsewhere"),
        method("random", .reinforced, ["--weighting", "random"], "control: remit's weights on tokens drawn by chance"),
        method("domain", .none, ["--weighting", "domain"], "control: 1 + epsilon on reasoning, 1 - epsilon on filler"),
        method(
            "domain-matched", .reinforced, ["--weighting", "domain-matched"],
            "control: remit's mean weight of each domain"),
        method(
            "ntp-reordered", .none, ["--weighting", "ntp"],
            "control: plain next-token prediction, the same documents in another order", orderOffset: 1 << 32),
        method(
            "random-matched", .reinforced, ["--weighting", "random-matched"],
            "control: remit's weights, permuted within a domain and a tenth of the student's losses"),
        method(
            "student-loss", .none, ["--weighting", "student-loss"],
            "control: remit's arithmetic on the student's own losses, without a teacher"),
        method(
            "ntp-guided", .midTrained, ["--weighting", "remit"],
            "control: the mid-trained model before any tuning as the teacher"),
        method("remit-inverted", .reinforced, ["--weighting", "remit-inverted"], "control: 2 - w for remit's w"),
        method(
            "remit-normalized", .reinforced, ["--weighting", "remit", "--normalizer", "weights"],
            "remit with the loss divided by the sum of the weights"),
        method(
            "remit-inverted-normalized", .reinforced, ["--weighting", "remit-inverted", "--normalizer", "weights"],
            "control: 2 - w, the loss divided by the sum of the weights"),
        method(
            "ntp-compute-pass", .none, ["--weighting", "ntp"],
            "control: plain next-token prediction for the teacher's forward pass too: a third more steps, documents read again",
            stepsFactor: 4.0 / 3),
        method(
            "ntp-compute-round", .none, ["--weighting", "ntp"],
            "control: plain next-token prediction for the whole making of the teacher too: three times the steps, documents read again",
            stepsFactor: 3),
        method(
            "remit-reordered", .reinforced, ["--weighting", "remit"], "remit on the same documents in another order",
            orderOffset: 1 << 32),
        method(
            "ntp-soup", .none, [], "the average of ntp and ntp-reordered", averaged: ["ntp", "ntp-reordered"]),
        method(
            "remit-soup", .none, [], "the average of remit and remit-reordered", averaged: ["remit", "remit-reordered"]),
    ]

    private static func method(
        _ name: String, _ teacher: Teacher, _ arguments: [String], _ description: String, orderOffset: UInt64? = nil,
        stepsFactor: Double? = nil, averaged: [String]? = nil
    ) -> FlywheelMethod {
        FlywheelMethod(
            name: name, teacher: teacher, arguments: arguments, orderOffset: orderOffset, stepsFactor: stepsFactor,
            averaged: averaged, description: description)
    }

    /// Finds a method by its exact name.
    ///
    /// - Throws: `FlywheelError.unknownMethod`, which lists the names there are.
    package static func named(_ name: String) throws(FlywheelError) -> FlywheelMethod {
        guard let method = all.first(where: { $0.name == name }) else {
            throw .unknownMethod(name: name, known: all.map(\.name))
        }
        return method
    }
}

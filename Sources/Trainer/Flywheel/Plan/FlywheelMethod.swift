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
    }

    /// Name in plans, paths and reports: `remit`.
    package let name: String
    /// The model that is asked for log-probs while mid-training.
    package let teacher: Teacher
    /// Options of `remit-trainer anneal` that make the method; everything else of the command is the same for all methods.
    package let arguments: [String]
    /// A few words for the report. A part of the plan: with other words a flywheel that was begun cannot be continued.
    package let description: String
}

extension FlywheelMethod {
    /// Name of the method with which every other is compared: plain next-token prediction.
    package static let baseline = "ntp"

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
        method("random", .reinforced, ["--weighting", "random"], "control: remit's weights on tokens drawn by chance"),
        method("domain", .none, ["--weighting", "domain"], "control: 1 + epsilon on reasoning, 1 - epsilon on filler"),
        method(
            "domain-matched", .reinforced, ["--weighting", "domain-matched"],
            "control: remit's mean weight of each domain"),
    ]

    private static func method(
        _ name: String, _ teacher: Teacher, _ arguments: [String], _ description: String
    ) -> FlywheelMethod {
        FlywheelMethod(name: name, teacher: teacher, arguments: arguments, description: description)
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

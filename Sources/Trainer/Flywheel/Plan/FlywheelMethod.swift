/// One way to spend the tokens of mid-training. All methods of a base start from the same weights and see the same tokens in the same
/// order.
package struct FlywheelMethod: Sendable, Equatable, Codable {
    package enum Teacher: String, Sendable, Codable {
        case none
        /// The model tuned by reinforcement.
        case reinforced
        /// The same model before reinforcement.
        case supervised
    }

    package let name: String
    package let teacher: Teacher
    /// What `remit-trainer anneal` is told.
    package let arguments: [String]
    package let description: String
}

extension FlywheelMethod {
    /// The baseline that every method is compared with.
    package static let baseline = "ntp"

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

    package static func named(_ name: String) throws(FlywheelError) -> FlywheelMethod {
        guard let method = all.first(where: { $0.name == name }) else {
            throw .unknownMethod(name: name, known: all.map(\.name))
        }
        return method
    }
}

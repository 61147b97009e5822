extension FlywheelMethod {
    /// The baseline, the paper's method, its variants and neighbours.
    static let compared: [FlywheelMethod] = [
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
    ]

    /// What else could explain an effect.
    static let controls: [FlywheelMethod] = [
        method("random", .reinforced, ["--weighting", "random"], "control: remit's weights on tokens drawn by chance"),
        method("domain", .none, ["--weighting", "domain"], "control: 1 + epsilon on reasoning, 1 - epsilon on filler"),
        method(
            "domain-matched", .reinforced, ["--weighting", "domain-matched"],
            "control: remit's mean weight of each domain"),
        method(
            "ntp-reordered", .none, ["--weighting", "ntp"],
            "control: plain next-token prediction, the same documents in another order"
        ) { $0.orderOffset = 1 << 32 },
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
            "control: plain next-token prediction for the teacher's forward pass too: a third more steps, documents read again"
        ) { $0.stepsFactor = 4.0 / 3 },
        method(
            "ntp-compute-round", .none, ["--weighting", "ntp"],
            "control: plain next-token prediction for the whole making of the teacher too: three times the steps, documents read again"
        ) { $0.stepsFactor = 3 },
        method(
            "remit-reordered", .reinforced, ["--weighting", "remit"], "remit on the same documents in another order"
        ) { $0.orderOffset = 1 << 32 },
        method(
            "ntp-soup", .none, [], "the average of ntp and ntp-reordered"
        ) { $0.averaged = ["ntp", "ntp-reordered"] },
        method(
            "remit-soup", .none, [], "the average of remit and remit-reordered"
        ) { $0.averaged = ["remit", "remit-reordered"] },
    ]

    static func method(
        _ name: String, _ teacher: Teacher, _ arguments: [String], _ description: String,
        _ change: (inout FlywheelMethod) -> Void = { _ in }
    ) -> FlywheelMethod {
        var method = FlywheelMethod(name: name, teacher: teacher, arguments: arguments, description: description)
        change(&method)
        return method
    }
}

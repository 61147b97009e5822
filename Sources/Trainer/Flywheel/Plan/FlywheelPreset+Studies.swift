extension FlywheelPreset {
    /// Families that plain next-token training leaves between 30 and 70 % right at the studies' size, on average over two development
    /// bases (1001 and 1002, none of the studies'): sorting 58, brackets 68, reversal 45. Others stand at their floor or ceiling, where
    /// no method can move them.
    static let studied: Set<String> = ["sorting", "brackets", "reversal"]

    static func confirm(_ families: [String]) throws(FlywheelError) -> FlywheelPlan {
        let methods = ["ntp", "remit", "random-matched", "kd", FlywheelMethod.reordered]
        var plan = try study(.confirm, bases: 48, methods: methods, postTrained: methods, families)
        plan.primaryMeasure =
            "accuracy after the same post-training, mean over families; second, nats of the gold answer (the right completion, steps and "
            + "answer, given its prompt) after mid-training; as paired differences over 48 bases, six contrasts under Holm's correction; "
            + "families of which plain training leaves 30 to 70 % right, chosen on bases 1001 and 1002"
        plan.contrasts = [
            FlywheelContrast(.postTrainedAccuracy, "remit", against: "ntp"),
            FlywheelContrast(.postTrainedAccuracy, "remit", against: "random-matched"),
            FlywheelContrast(.postTrainedAccuracy, "remit", against: "kd"),
            FlywheelContrast(.postTrainedAccuracy, "kd", against: "ntp"),
            FlywheelContrast(.goldNats, "remit", against: "ntp"),
            FlywheelContrast(.goldNats, "remit", against: "random-matched"),
        ]
        return plan
    }

    static func controls(_ families: [String]) throws(FlywheelError) -> FlywheelPlan {
        var plan = try study(
            .controls, bases: 12,
            methods: [
                "ntp", "remit", FlywheelMethod.reordered, "random-matched", "student-loss", "ntp-guided", "sft-guided",
                "remit-inverted", "remit-normalized", "remit-inverted-normalized", "ntp-compute-pass",
                "ntp-compute-round", "remit-reordered", "ntp-soup", "remit-soup", "ntp-traces",
            ], postTrained: ["ntp", "remit", FlywheelMethod.reordered, "ntp-guided", "ntp-compute-round"], families)
        plan.primaryMeasure = "none: exploratory, differences to ntp with their intervals and no p"
        plan.contrasts = []
        plan.sections = [.teacherGap]
        return plan
    }

    /// Sizes that let a base be made in minutes, so that many can.
    static func study(
        _ preset: FlywheelPreset, bases: Int, methods: [String], postTrained: [String], _ families: [String]
    ) throws(FlywheelError) -> FlywheelPlan {
        let chosen = families.filter(studied.contains)
        var plan = try FlywheelPlan(
            preset: preset.rawValue, seeds: (1...UInt64(bases)).map(\.self), methods: methods, postTrained: postTrained,
            families: chosen.isEmpty ? families : chosen)
        plan.plannedBases = bases
        plan.model = .init(width: 64, feedForward: 160, layers: 3, heads: 4)
        plan.pretraining = .init(steps: 450, documents: 20_000, learningRate: 3e-3)
        plan.midTraining = .init(steps: 180, documents: 8000, learningRate: 3e-3)
        plan.tuning = .init(steps: 60, documents: 4200, learningRate: 1e-3)
        plan.reinforcement = .init(
            steps: 40, promptsPerStep: 48, samplesPerPrompt: 8, maxNewTokens: 24, learningRate: 1e-4)
        plan.evaluation = .init(problems: 1000, documents: 600, times: 1, parts: 1)
        return plan
    }
}

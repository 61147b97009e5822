extension FlywheelPreset {
    /// Three rounds of the method against three of plain training. A round anneals the same base anew, as the paper's loop does; the
    /// plain arm has the same documents in the same order, as many tokens and the same post-training, and no teacher.
    static func rounds(_ families: [String]) throws(FlywheelError) -> FlywheelPlan {
        var plan = try exploratory(.rounds, seeds: 201...212, methods: ["ntp", "remit"], families)
        plan.postTrained = ["ntp", "remit"]
        plan.rounds = 3
        plan.repeatsBaseline = true
        plan.evaluation = .init(problems: 1000, documents: 600, times: 6, parts: 6, problemsOnTheWay: 1000, samples: 4)
        plan.sections = [.rounds, .tokensToAccuracy, .samples]
        plan.primaryMeasure =
            "the slope over three rounds of remit - ntp in accuracy after the same post-training, each base's by least squares, mean over 12 "
            + "bases with the interval of the t test; exploratory, no p"
        return plan
    }

    /// Corpora of which so many problems end with a wrong answer. Levels have the same seeds.
    static func noise(_ preset: FlywheelPreset, wrongShare: Double, _ families: [String]) throws(FlywheelError)
        -> FlywheelPlan
    {
        let ofWrong = ["ntp-noisy-tuning", "remit-noisy-teacher", "filter", FlywheelMethod.oracle, "repaired"]
        var plan = try exploratory(
            preset, seeds: 301...306, methods: ["ntp", "remit", "ntp-tuning-data"] + (wrongShare > 0 ? ofWrong : []),
            families)
        plan.postTrained += wrongShare > 0 ? ["ntp-noisy-tuning"] : []
        plan.wrongShare = wrongShare
        plan.sections = wrongShare > 0 ? [.oracleGap, .teacherGap] : [.teacherGap]
        plan.primaryMeasure =
            wrongShare > 0
            ? "(remit - ntp) / (oracle - ntp) in accuracy after mid-training, each a mean over six bases, with Fieller's interval; "
                + "exploratory, no p"
            : "accuracy after mid-training on a corpus without wrong answers, beside the levels that have some; exploratory, no p"
        return plan
    }

    /// Larger models, so many steps and so high a rate that plain training leaves about half of the problems wrong.
    static func size(
        _ preset: FlywheelPreset, _ model: FlywheelPlan.Model, seeds: ClosedRange<UInt64>, pretraining: Int,
        midTraining: Int, rate: Double, _ families: [String]
    ) throws(FlywheelError) -> FlywheelPlan {
        var plan = try exploratory(preset, seeds: seeds, methods: ["ntp", "remit", FlywheelMethod.reordered], families)
        plan.model = model
        plan.pretraining.steps = pretraining
        plan.midTraining.steps = midTraining
        plan.pretraining.learningRate = rate
        plan.midTraining.learningRate = rate
        // A third of the studies': at 8 million parameters they would take most of the time.
        plan.reinforcement.steps = 20
        plan.reinforcement.promptsPerStep = 32
        plan.evaluation.problems = 500
        plan.sections = [.logOdds, .teacherGap]
        plan.primaryMeasure =
            "accuracy after mid-training in log-odds, as the paired difference remit - ntp over bases; exploratory, no p; steps and rate "
            + "such that plain training is about half right over the families together, chosen on base 1001"
        return plan
    }

    /// Three learning rates of three methods, on bases that no study has.
    static func rates(_ families: [String]) throws(FlywheelError) -> FlywheelPlan {
        let names = ["ntp", "remit", "kd"]
        var plan = try exploratory(
            .rates, seeds: 1001...1004, methods: names.flatMap { [$0, $0 + "-low-rate", $0 + "-high-rate"] }, families)
        plan.primaryMeasure =
            "none: whether the studies' learning rate is as good for one method as for another; exploratory, no p"
        return plan
    }

    /// The paper's clip and others, as one trend.
    static func epsilon(_ families: [String]) throws(FlywheelError) -> FlywheelPlan {
        var plan = try exploratory(
            .epsilon, seeds: 101...106, methods: ["ntp"] + FlywheelMethod.epsilons.map { "remit-epsilon-\($0)" },
            families)
        plan.sections = [.epsilon]
        plan.primaryMeasure =
            "the slope of accuracy after mid-training over epsilon, ntp at 0, each base's by least squares, mean over six bases: one test"
        return plan
    }

    /// Facts beside the problems. There are fewer other documents, so that what is trained on is read about once.
    static func facts(_ families: [String]) throws(FlywheelError) -> FlywheelPlan {
        var plan = try exploratory(
            .facts, seeds: 501...506, methods: ["ntp", "remit", "kd", FlywheelMethod.reordered], families)
        plan.facts = .init()
        plan.pretraining.documents = 19_000
        plan.midTraining.documents = 7000
        plan.sections = [.facts, .teacherGap]
        plan.primaryMeasure =
            "nats of acquired facts at 16 exposures, remit - ntp and kd - ntp, and of retained ones; exploratory, no p"
        return plan
    }

    /// The sizes of the studies; no contrast is named, and no p given but that of a trend.
    private static func exploratory(
        _ preset: FlywheelPreset, seeds: ClosedRange<UInt64>, methods: [String], _ families: [String]
    ) throws(FlywheelError) -> FlywheelPlan {
        var plan = try study(preset, bases: seeds.count, methods: methods, postTrained: [], families)
        plan.seeds = seeds.map(\.self)
        plan.contrasts = []
        return plan
    }
}

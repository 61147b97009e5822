/// Plans by name.
package enum FlywheelPreset: String, CaseIterable, Sendable {
    /// Every part once in seconds, with two rounds of one tiny base: nothing is learned from its numbers.
    case smoke
    /// Minutes: two bases, four methods.
    case demo
    /// The comparison: six bases, the paper's method, its variants and neighbours.
    case full
    /// The first study of wrong answers, three in ten problems of the corpora at the sizes of the full comparison, without the methods
    /// that would say how much there was to gain.
    case noise
    /// The confirmation: 48 bases, five methods, contrasts named beforehand. Run in parts, and merged.
    case confirm
    /// What else could explain an effect: twelve bases, every control.
    case controls
    /// Ways to distil, beside the paper's method: the sizes of the full comparison.
    case distillation
    /// Three rounds of the loop against three of plain training: twelve bases.
    case rounds
    /// Corpora without wrong answers: what the levels of `noise-10`, `noise-30` and `noise-50` are set beside.
    case noise0 = "noise-0"
    /// A tenth of the problems of the corpora with a wrong answer: six bases, the oracle and the filter beside the method.
    case noise10 = "noise-10"
    /// Three tenths of the problems with a wrong answer.
    case noise30 = "noise-30"
    /// Half of the problems with a wrong answer.
    case noise50 = "noise-50"
    /// Models of 0.34 million parameters on problems of which plain training has about half right: six bases.
    case size340k = "size-340k"
    /// Models of 2 million parameters: four bases.
    case size2m = "size-2m"
    /// Models of 8 million parameters: three bases.
    case size8m = "size-8m"
    /// Three learning rates of three methods, on bases that no study has.
    case rates
    /// Accuracy over epsilon, as one trend: six bases.
    case epsilon
    /// Facts that are kept from pre-training and learnt in mid-training: six bases.
    case facts

    /// The plan of the preset's name.
    ///
    /// - Parameter families: names of all task families; the smoke preset takes the first three.
    package func plan(families: [String]) throws(FlywheelError) -> FlywheelPlan {
        switch self {
        case .smoke: return try Self.smoke(families)
        case .demo:
            var plan = try FlywheelPlan(
                preset: rawValue, seeds: [1, 2], methods: ["ntp", "remit", "random", "domain"],
                postTrained: ["remit"], families: families)
            plan.pretraining = .init(steps: 1000, documents: 44_000, learningRate: 3e-3)
            plan.midTraining = .init(steps: 300, documents: 14_000, learningRate: 3e-3)
            plan.tuning = .init(steps: 80, documents: 5600, learningRate: 1e-3)
            plan.reinforcement.steps = 40
            plan.evaluation = .init(problems: 100, documents: 1000, times: 6, parts: 3)
            return plan
        case .full:
            return try FlywheelPlan(
                preset: rawValue, seeds: [1, 2, 3, 4, 5, 6],
                methods: [
                    "ntp", "remit", "remit-static", "remit-document", "remit-unclipped", "sft-guided", "rho1", "kd",
                    "random", "domain", "domain-matched",
                ], postTrained: ["ntp", "remit", "kd", "domain-matched"], families: families)
        case .noise:
            var plan = try FlywheelPlan(
                preset: rawValue, seeds: [1, 2, 3, 4, 5, 6],
                methods: ["ntp", "remit", "remit-unclipped", "domain-matched"], postTrained: [], families: families)
            plan.wrongShare = 0.3
            return plan
        case .confirm: return try Self.confirm(families)
        case .controls: return try Self.controls(families)
        case .distillation:
            return try FlywheelPlan(
                preset: rawValue, seeds: [1, 2, 3, 4, 5, 6],
                methods: ["ntp", "remit", "kd", "kd-reverse", "kd-tempered", "switch-kd"], postTrained: [],
                families: families)
        case .rounds: return try Self.rounds(families)
        case .noise0, .noise10, .noise30, .noise50: return try Self.noise(self, wrongShare: wrongShare, families)
        case .rates: return try Self.rates(families)
        case .epsilon: return try Self.epsilon(families)
        case .facts: return try Self.facts(families)
        case .size340k:
            return try Self.size(
                self, .init(width: 96, feedForward: 256, layers: 3, heads: 4), seeds: 401...406, pretraining: 330,
                midTraining: 132, rate: 3e-3, families)
        case .size2m:
            return try Self.size(
                self, .init(width: 192, feedForward: 576, layers: 4, heads: 6), seeds: 401...404, pretraining: 200,
                midTraining: 80, rate: 2e-3, families)
        case .size8m:
            return try Self.size(
                self, .init(width: 320, feedForward: 960, layers: 6, heads: 8), seeds: 401...403, pretraining: 160,
                midTraining: 60, rate: 1e-3, families)
        }
    }

    private static func smoke(_ families: [String]) throws(FlywheelError) -> FlywheelPlan {
        var plan = try FlywheelPlan(
            preset: smoke.rawValue, seeds: [1], methods: ["ntp", "remit", "kd", "domain-matched"],
            postTrained: ["remit"],
            families: Array(families.prefix(3)))
        plan.rounds = 2
        plan.model = .init(width: 32, feedForward: 64, layers: 2, heads: 2)
        plan.batchSequences = 8
        plan.pretraining = .init(steps: 60, documents: 1500, learningRate: 5e-3)
        plan.midTraining = .init(steps: 16, documents: 500, learningRate: 3e-3)
        plan.tuning = .init(steps: 10, documents: 200, learningRate: 1e-3)
        plan.reinforcement = .init(
            steps: 2, promptsPerStep: 4, samplesPerPrompt: 4, maxNewTokens: 32, learningRate: 1e-4)
        plan.evaluation = .init(problems: 10, documents: 60, times: 2, parts: 2, problemsOnTheWay: 5)
        return plan
    }
}

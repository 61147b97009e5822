extension FlywheelPreset {
    /// What the preset is for, and about how much CPU time it takes, in a few words of its help.
    package var summary: String {
        switch self {
        case .smoke: "every part once, in seconds; nothing is learned from its numbers"
        case .demo: "two bases, four methods; minutes"
        case .full: "six bases, the method, its variants and neighbours; an hour"
        case .noise: "30 % wrong answers, a teacher of clean data, four methods; half an hour"
        case .confirm: "48 bases, five methods, six contrasts named beforehand; two hours"
        case .controls: "twelve bases, every control; an hour"
        case .distillation: "six bases, ways to distil; an hour"
        case .rounds: "twelve bases, three rounds of the loop against three of plain training; 40 minutes"
        case .noise0: "six bases, no wrong answers: what the next three are set beside; 6 minutes"
        case .noise10, .noise30, .noise50:
            "six bases, \(Int(wrongShare * 100)) % wrong answers, filter and oracle beside the method; 12 minutes"
        case .size340k: "six bases of 0.34 million parameters, about half right; 6 minutes"
        case .size2m: "four bases of 2 million; 20 minutes"
        case .size8m: "three bases of 8 million; 45 minutes"
        case .rates: "three learning rates of three methods on four development bases; 8 minutes"
        case .epsilon: "six bases, the trend over epsilon; 8 minutes"
        case .facts:
            "six bases, facts kept from pre-training and learnt in mid-training, by distillation too; 8 minutes"
        }
    }

    /// Share of the problems of the corpora that end with a wrong answer, in the presets that are named by it. 0 to 1.
    var wrongShare: Double {
        switch self {
        case .noise10: 0.1
        case .noise30: 0.3
        case .noise50: 0.5
        default: 0
        }
    }
}

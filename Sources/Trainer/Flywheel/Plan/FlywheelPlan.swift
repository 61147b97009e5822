/// Everything that a flywheel is going to do, written down before anything is run: `plan.json`.
package struct FlywheelPlan: Sendable, Equatable, Codable {
    package static let currentFormat = 1
    package static let mostRounds = 100

    /// The student's shape, a Llama.
    package struct Model: Sendable, Equatable, Codable {
        package var width = 96
        package var feedForward = 256
        package var layers = 3
        package var heads = 4
    }

    /// Optimizer steps of one stage.
    package struct Training: Sendable, Equatable, Codable {
        package var steps: Int
        package var documents: Int
        package var learningRate: Double
    }

    package struct Reinforcement: Sendable, Equatable, Codable {
        package var steps = 60
        package var promptsPerStep = 64
        package var samplesPerPrompt = 8
        package var maxNewTokens = 64
        package var learningRate = 1e-4
    }

    package struct Evaluation: Sendable, Equatable, Codable {
        /// Held-out problems of each family.
        package var problems = 200
        /// Documents of the held-out corpus, half of them reasoning.
        package var documents = 2000
        /// Held-out loss while mid-training, so many times.
        package var times = 4
        /// Accuracy after each of so many equal parts of mid-training; 1: at its end only.
        package var parts = 4
        /// Held-out problems of each family on the way.
        package var problemsOnTheWay = 50
    }

    package var format = currentFormat
    package var preset: String
    /// One base each: initialisation, pre-training data, tuning data and reinforcement.
    package var seeds: [UInt64]
    package var rounds = 1
    package var methods: [FlywheelMethod]
    /// Methods whose models are tuned and reinforced too. The baseline's is round 1's teacher.
    package var postTrained: [String]
    /// Whose tuned model teaches the next round.
    package var nextTeacher = "remit"
    package var families: [String]
    /// Of the documents; they are shorter than filler, so that about half the tokens are reasoning.
    package var reasoningShare = 0.65
    /// Of the problems in pre- and mid-training: with a wrong answer. Tuning data has none.
    package var wrongShare = 0.0
    package var model = Model()
    package var sequenceLength = 96
    package var batchSequences = 16
    package var pretraining = Training(steps: 1500, documents: 66_000, learningRate: 3e-3)
    package var midTraining = Training(steps: 400, documents: 18_000, learningRate: 3e-3)
    package var tuning = Training(steps: 100, documents: 7000, learningRate: 1e-3)
    package var reinforcement = Reinforcement()
    package var evaluation = Evaluation()
    package var primaryMeasure =
        "accuracy after mid-training, mean over families, as the paired difference to ntp over bases"

    /// - Parameters:
    ///   - methods: names; the baseline is added where it lacks.
    package init(
        preset: String, seeds: [UInt64], methods: [String], postTrained: [String], families: [String]
    ) throws(FlywheelError) {
        self.preset = preset
        self.seeds = seeds
        self.families = families
        var found = [try FlywheelMethod.named(FlywheelMethod.baseline)]
        for name in methods where name != FlywheelMethod.baseline { found.append(try FlywheelMethod.named(name)) }
        self.methods = found
        self.postTrained = [FlywheelMethod.baseline] + postTrained.filter { $0 != FlywheelMethod.baseline }
    }

    /// Throws for a plan that cannot be carried out.
    package func validate() throws(FlywheelError) {
        func require(_ holds: Bool, _ what: String) throws(FlywheelError) {
            guard holds else { throw .badPlan(reason: what) }
        }
        let names = methods.map(\.name)
        try require(!seeds.isEmpty && Set(seeds).count == seeds.count, "seeds are one or more different numbers")
        try require(Set(names).count == names.count, "a method is named once")
        for name in postTrained where !names.contains(name) { throw .unknownMethod(name: name, known: names) }
        try require((1...Self.mostRounds).contains(rounds), "rounds are 1 to \(Self.mostRounds)")
        try require(
            evaluation.parts >= 1 && midTraining.steps % evaluation.parts == 0,
            "mid-training's \(midTraining.steps) steps divide into the \(evaluation.parts) parts of its evaluation")
        try require(
            rounds == 1 || postTrained.contains(nextTeacher),
            "with more than one round, \(nextTeacher) is among the methods and post-trained: it teaches the next")
    }

    /// The steps of mid-training, but for the last, after which the student is exported and asked.
    package var stepsOnTheWay: [Int] {
        let part = midTraining.steps / max(1, evaluation.parts)
        return part == 0 ? [] : (1..<max(1, evaluation.parts)).map { $0 * part }
    }

    package func isPostTrained(_ method: String) -> Bool { postTrained.contains(method) }
}

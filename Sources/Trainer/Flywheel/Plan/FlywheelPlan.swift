/// Everything that a flywheel is going to do, written down before anything is run: `plan.json`.
package struct FlywheelPlan: Sendable, Equatable, Codable {
    /// Version of `plan.json` that is written. A flywheel begun with another cannot be continued.
    package static let currentFormat = 1
    /// Most rounds that a plan may have.
    package static let mostRounds = 100

    /// Shape of the student: a Llama with tied embeddings and as many key/value heads as heads.
    package struct Model: Sendable, Equatable, Codable {
        /// Size D of the hidden state, which the heads divide.
        package var width = 96
        /// Inner size F of the feed-forward layers.
        package var feedForward = 256
        /// Number L of transformer layers.
        package var layers = 3
        /// Number H of attention heads.
        package var heads = 4
    }

    /// Size of one training stage: pre-training, mid-training or supervised tuning.
    package struct Training: Sendable, Equatable, Codable {
        /// Optimizer steps.
        package var steps: Int
        /// Documents of the stage's corpus, which is drawn for each base anew.
        package var documents: Int
        /// Peak learning rate of the stage's schedule.
        package var learningRate: Double
    }

    /// Size of the reinforcement (GRPO) that follows the tuning.
    package struct Reinforcement: Sendable, Equatable, Codable {
        /// Steps, each with prompts of its own.
        package var steps = 60
        /// Prompts of a step.
        package var promptsPerStep = 64
        /// Completions drawn for each prompt, the group whose mean reward an advantage is measured from. 2 or more.
        package var samplesPerPrompt = 8
        /// Most tokens of a completion, here and where held-out problems are asked.
        package var maxNewTokens = 64
        /// Learning rate after a warm-up of at most ten steps, constant from there.
        package var learningRate = 1e-4
    }

    /// What is asked of models, and how often.
    package struct Evaluation: Sendable, Equatable, Codable {
        /// Held-out problems of each family that a finished model is asked; fewer where the family has not so many.
        package var problems = 200
        /// Documents of the held-out corpus that all bases share, half of them reasoning.
        package var documents = 2000
        /// How often the held-out loss is measured while mid-training, where it divides the steps. 1 or more.
        package var times = 4
        /// Equal parts of mid-training after each of which accuracy is measured; 1: at the end only. Divides the steps of
        /// mid-training.
        package var parts = 4
        /// Held-out problems of each family that a model is asked before the end of mid-training.
        package var problemsOnTheWay = 50
        /// Completions drawn of each problem from reinforced models, at temperature 1, for pass@k with as large a k. nil: none.
        package var samples: Int?
    }

    /// Facts that stand among the documents of pre- and mid-training, and can only be learnt.
    package struct Facts: Sendable, Equatable, Codable {
        /// Facts of pre-training alone.
        package var retained = 100
        /// How often each of them is read in pre-training.
        package var retainedExposures = 16
        /// Facts of mid-training alone, at each number of exposures.
        package var acquired = 40
        /// How often those are read in mid-training.
        package var exposures = [1, 4, 16]
    }

    /// Version of the file that holds the plan.
    package var format = currentFormat
    /// Name of the preset that the plan began as; its numbers may have been changed since.
    package var preset: String
    /// One base each: the seed decides its initialisation, pre-training, mid-training and tuning data, and reinforcement. All
    /// different.
    package var seeds: [UInt64]
    /// Turns of the wheel, 1 to `mostRounds`: from the second on a post-trained model of the round before teaches.
    package var rounds = 1
    /// Whether the baseline is mid-trained in every round, like the other methods, and each round has the documents in an order of its own.
    /// nil: it is in round 1 only, with which every round is compared, and all rounds have one order.
    package var repeatsBaseline: Bool?
    /// Methods that are compared, the baseline first; each name once.
    package var methods: [FlywheelMethod]
    /// Names of the methods whose models are tuned and reinforced too. The baseline is always among them: its tuned and its
    /// reinforced model are the teachers of round 1.
    package var postTrained: [String]
    /// Name of the method whose post-trained model teaches the next round.
    package var nextTeacher = "remit"
    /// Names of the task families in corpora, rewards and evaluations.
    package var families: [String]
    /// Share of the documents of pre- and mid-training that are problems. They are shorter than filler, so that about half the
    /// tokens are reasoning.
    package var reasoningShare = 0.65
    /// Share of the problems of pre- and mid-training that end with a wrong answer. Tuning data has none.
    package var wrongShare = 0.0
    /// Shape of every model of the flywheel.
    package var model = Model()
    /// Tokens of a training window, into which documents are packed whole.
    package var sequenceLength = 96
    /// Windows of an optimizer step, in one micro-batch.
    package var batchSequences = 16
    /// The making of a base from random parameters.
    package var pretraining = Training(steps: 1500, documents: 66_000, learningRate: 3e-3)
    /// Training of the base by each method, on the same tokens in the same order.
    package var midTraining = Training(steps: 400, documents: 18_000, learningRate: 3e-3)
    /// Supervised tuning of a mid-trained model on prompts with their completions.
    package var tuning = Training(steps: 100, documents: 7000, learningRate: 1e-3)
    /// Reinforcement of a tuned model, with right answers as the reward.
    package var reinforcement = Reinforcement()
    /// Held-out problems and documents that every model meets.
    package var evaluation = Evaluation()
    /// The one comparison that the flywheel is made for, in words: stated before it runs, printed on top of its report.
    package var primaryMeasure =
        "accuracy after mid-training, mean over families, as the paired difference to ntp over bases"

    /// Comparisons named before the run, under Holm's correction together; everything else in the report is exploratory then, with
    /// intervals and without p, but for the one test of a trend over epsilon. nil: none is named, and no p is corrected.
    package var contrasts: [FlywheelContrast]?
    /// Bases that the plan is for, where they may be run in parts: over fewer a report is an interim one, and calls nothing shown.
    /// nil: those of `seeds`.
    package var plannedBases: Int?
    /// Facts among the documents of pre- and mid-training. nil: there are none.
    package var facts: Facts?
    /// Parts of the report beyond those of every plan. nil: none.
    package var sections: [FlywheelSection]?

    /// A plan of default size for the methods of these names.
    ///
    /// - Parameters:
    ///   - methods: names; the baseline is put first, named or not.
    ///   - postTrained: names; the baseline is put first, named or not. `validate()` checks that the others are among the methods.
    /// - Throws: `FlywheelError.unknownMethod`.
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

    /// Steps of mid-training after which the student is exported and asked: the ends of the evaluation's equal parts but for the
    /// last. Ascending.
    package var stepsOnTheWay: [Int] {
        let part = midTraining.steps / max(1, evaluation.parts)
        return part == 0 ? [] : (1..<max(1, evaluation.parts)).map { $0 * part }
    }

    /// Whether the models of the method of this name are tuned and reinforced.
    package func isPostTrained(_ method: String) -> Bool { postTrained.contains(method) }

    /// Methods of a round: the baseline is in every one only where the plan repeats it.
    package func methods(ofRound round: Int) -> [FlywheelMethod] {
        methods.filter { $0.name != FlywheelMethod.baseline || baselineRound(round) == round }
    }

    /// Every model of a base that is evaluated, by round, method and phase.
    func models(_ seed: UInt64) -> [FlywheelModel] {
        (1...rounds).flatMap { round in
            methods(ofRound: round).flatMap { method in
                let phases = isPostTrained(method.name) ? FlywheelModel.Phase.allCases : [.mid]
                return phases.map { FlywheelModel(seed: seed, round: round, method: method.name, phase: $0) }
            }
        }
    }

    /// The round of the baseline that a round's methods are compared with.
    package func baselineRound(_ round: Int) -> Int { repeatsBaseline == true ? round : 1 }
}

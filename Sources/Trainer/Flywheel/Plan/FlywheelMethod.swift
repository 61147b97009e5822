/// One way to spend the tokens of mid-training. All methods of a base start from the same parameters and see the same tokens in the same
/// order.
package struct FlywheelMethod: Sendable, Equatable, Codable {
    /// Which model of those that teach is asked.
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

    /// Documents that take the place of the mid-training corpus. Each has as many steps, and where problems are left out, others of the same
    /// families are there twice in their place: about as many tokens are read.
    package enum Corpus: String, Sendable, Codable {
        /// Those of the corpus, right ones again in place of those that end with a wrong answer: what a perfect filter leaves.
        case right
        /// Those of the corpus, each with its right answer: what no choice among documents can do.
        case repaired
        /// Those of the corpus, others again in place of the problems of which the first teacher finds the completion least likely, as many as
        /// are wrong.
        case likely
        /// Those of the corpus, and the teacher's tuning data among them.
        case withTuning = "with-tuning"
        /// Those of the corpus, of whose problems half are replaced by the first teacher's own verified samples of others.
        case withTraces = "with-traces"

        /// Whether the first teacher is needed to make it.
        var needsTeacher: Bool { self == .likely || self == .withTraces }
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
    /// Documents that it is mid-trained on. nil: those of the mid-training corpus.
    package var corpus: Corpus?
    /// Name of the method of the same round whose post-trained models teach; it stands before this one in a plan and is post-trained.
    /// nil: the baseline's in round 1, later those of the plan's `nextTeacher` from the round before.
    package var teacherMethod: String?
    /// Whether the tuning data has as many wrong answers as the corpora. nil: it has none.
    package var noisyTuning: Bool?
    /// Peak learning rate of mid-training over that of the plan. nil: the plan's.
    package var rateFactor: Double?
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
    package static let all = compared + controls + noise + settings

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

extension FlywheelStages {
    /// Stages that write the corpora of one base for which no teacher is needed.
    func corpora(_ seed: UInt64) -> [Stage] {
        let name = "base-\(seed)/"
        let tuning = ["--reasoning-share", "1", "--format", "completion"]
        var stages = [
            corpus(
                name + "pretraining-corpus", paths.corpus(seed, "pretraining"), documents: plan.pretraining.documents,
                seed: 3 &* seed &+ 1000, mixed(plan.wrongShare)),
            midTrainingCorpus(seed, "mid-training", wrongShare: plan.wrongShare, []),
            corpus(
                name + "tuning-corpus", paths.corpus(seed, "tuning"), documents: plan.tuning.documents,
                seed: 3 &* seed &+ 1002, tuning),
        ]
        if plan.methods.contains(where: { $0.noisyTuning == true }) {
            stages.append(
                corpus(
                    name + "noisy-tuning-corpus", paths.corpus(seed, "noisy-tuning"), documents: plan.tuning.documents,
                    seed: 3 &* seed &+ 1002, tuning + ["--wrong-share", "\(plan.wrongShare)"]))
        }
        return stages + FactBook.all(plan).flatMap { facts($0, seed) }
    }

    /// Stages that write a book of facts: as it is trained on, and as it is asked.
    private func facts(_ book: FactBook, _ seed: UInt64) -> [Stage] {
        let options = ["--documents", "\(book.count)", "--seed", "\(3 &* seed &+ 1000)", "--facts", book.name]
        return [
            Stage(
                "base-\(seed)/\(book.name)-facts",
                ["tasks", "--corpus", paths.corpus(seed, book.name)] + options + ["--exposures", "\(book.exposures)"],
                leaves: [paths.corpus(seed, book.name)]),
            Stage(
                "base-\(seed)/\(book.name)-questions",
                ["tasks", "--corpus", paths.corpus(seed, book.name + "-questions")] + options
                    + ["--format", "completion"], leaves: [paths.corpus(seed, book.name + "-questions")]),
        ]
    }

    /// Paths of what every finished model's loss is measured on: the held-out corpus of all bases, and the base's own facts.
    func heldOut(_ seed: UInt64) -> [String] {
        [paths.heldOut] + FactBook.all(plan).map { paths.corpus(seed, $0.name + "-questions") }
    }

    /// Paths of the documents that a base is pre-trained on.
    func pretrainingCorpora(_ seed: UInt64) -> [String] {
        [paths.corpus(seed, "pretraining")]
            + FactBook.all(plan).filter(\.isRetained).map { paths.corpus(seed, $0.name) }
    }

    /// The stage that writes the corpus of a method's own: none, or one that comes before the method's mid-training and, where a teacher is
    /// needed for it, after the first teacher is made.
    package func ownCorpus(of method: FlywheelMethod, _ seed: UInt64) -> [Stage] {
        let teacher = paths.model(
            FlywheelModel(seed: seed, round: 1, method: FlywheelMethod.baseline, phase: .reinforced))
        let options: [String]
        switch method.corpus {
        case nil, .withTuning: return []
        case .right: options = ["--drop-wrong"]
        // The same problems at the same places, none made wrong.
        case .repaired: return [midTrainingCorpus(seed, Self.name(method), wrongShare: 0, [])]
        case .likely: options = ["--checkpoint", teacher, "--drop-share", "\(plan.wrongShare)"]
        case .withTraces:
            options = [
                "--checkpoint", teacher, "--traces-share", "0.5", "--max-new-tokens",
                "\(plan.reinforcement.maxNewTokens)", "--threads", "1",
            ]
        }
        return [midTrainingCorpus(seed, Self.name(method), wrongShare: plan.wrongShare, options)]
    }

    /// Paths of the documents that a method is mid-trained on.
    func corpora(of method: FlywheelMethod, _ seed: UInt64) -> [String] {
        let common = paths.corpus(seed, "mid-training")
        let facts = FactBook.all(plan).filter { !$0.isRetained }.map { paths.corpus(seed, $0.name) }
        switch method.corpus {
        case nil: return [common] + facts
        case .withTuning: return [common, paths.corpus(seed, "tuning")] + facts
        case .right, .repaired, .likely, .withTraces: return [paths.corpus(seed, Self.name(method))] + facts
        }
    }

    func corpus(_ name: String, _ path: String, documents: Int, seed: UInt64, _ more: [String]) -> Stage {
        Stage(
            name,
            [
                "tasks", "--corpus", path, "--documents", "\(documents)", "--seed", "\(seed)", "--families",
                plan.families.joined(separator: ","),
            ] + more, leaves: [path])
    }

    private func mixed(_ wrongShare: Double) -> [String] {
        ["--reasoning-share", "\(plan.reasoningShare)", "--wrong-share", "\(wrongShare)"]
    }

    private func midTrainingCorpus(_ seed: UInt64, _ name: String, wrongShare: Double, _ more: [String]) -> Stage {
        corpus(
            "base-\(seed)/\(name)-corpus", paths.corpus(seed, name), documents: plan.midTraining.documents,
            seed: 3 &* seed &+ 1001, mixed(wrongShare) + more)
    }

    private static func name(_ method: FlywheelMethod) -> String { "mid-training-" + method.name }
}

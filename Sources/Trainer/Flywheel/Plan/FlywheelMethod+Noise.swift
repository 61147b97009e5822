extension FlywheelMethod {
    /// Name of the method whose gain over the baseline is all there is to gain from knowing which documents are wrong.
    package static let oracle = "oracle"

    /// What a corpus with wrong answers asks for: what else the teacher's clean data could have done, and what leaving
    /// problems out does. Descriptions tell these plans from those whose left-out problems nothing stood for, with fewer tokens.
    static let noise: [FlywheelMethod] = [
        method(
            "ntp-noisy-tuning", .none, ["--weighting", "ntp"],
            "plain next-token prediction, then tuning on data with as many wrong answers as the corpus: a teacher"
        ) { $0.noisyTuning = true },
        method(
            "remit-noisy-teacher", .reinforced, ["--weighting", "remit"],
            "remit, the teacher tuned on data with as many wrong answers as the corpus"
        ) { $0.teacherMethod = "ntp-noisy-tuning" },
        method(
            "ntp-tuning-data", .none, ["--weighting", "ntp"],
            "control: plain next-token prediction on the corpus and the teacher's tuning data, mixed; as many steps"
        ) { $0.corpus = .withTuning },
        method(
            "filter", .none, ["--weighting", "ntp"],
            "control: without the problems whose completion the teacher finds least likely, as many as are wrong; others again in their place"
        ) { $0.corpus = .likely },
        method(
            oracle, .none, ["--weighting", "ntp"],
            "control: without the problems that are wrong; right ones again in their place"
        ) { $0.corpus = .right },
        method(
            "repaired", .none, ["--weighting", "ntp"], "control: the same documents with the wrong answers put right"
        ) { $0.corpus = .repaired },
        method(
            "ntp-traces", .none, ["--weighting", "ntp"],
            "control: half of the corpus's problems replaced by the teacher's own verified samples of others"
        ) { $0.corpus = .withTraces },
    ]
}

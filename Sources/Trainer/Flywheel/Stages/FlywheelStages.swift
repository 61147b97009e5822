/// Commands that carry out a plan, each a pure function of the plan and its paths: nothing is run or read here.
package struct FlywheelStages: Sendable {
    let plan: FlywheelPlan
    let paths: FlywheelPaths

    package init(_ plan: FlywheelPlan, _ paths: FlywheelPaths) {
        self.plan = plan
        self.paths = paths
    }

    /// Stages that come before all bases: the tokenizer, then the held-out corpus.
    package var shared: [Stage] {
        [
            Stage(
                "tokenizer", ["tasks", "--tokenizer", paths.tokenizer], leaves: [paths.tokenizer + "/tokenizer.json"]),
            corpus(
                "heldout", paths.heldOut, documents: plan.evaluation.documents, seed: 0,
                ["--split", "held-out", "--reasoning-share", "0.5"]),
        ]
    }

    /// The configuration file of `remit-trainer pretrain`, YAML. `vocabularySize` includes the end-of-text token, whose id is 0.
    package func modelConfiguration(vocabularySize: Int) -> String {
        """
        model:
          model_type: llama
          hidden_size: \(plan.model.width)
          intermediate_size: \(plan.model.feedForward)
          num_hidden_layers: \(plan.model.layers)
          num_attention_heads: \(plan.model.heads)
          num_key_value_heads: \(plan.model.heads)
          vocab_size: \(vocabularySize)
          max_position_embeddings: 160
          rope_theta: 10000.0
          rms_norm_eps: 1.0e-5
          tie_word_embeddings: true
          bos_token_id: 0
          eos_token_id: 0

        """
    }

    /// Stages of one base up to its pre-trained model, in order: the corpora, then pre-training.
    package func pretraining(_ seed: UInt64) -> [Stage] {
        corpora(seed) + [
            Stage(
                "base-\(seed)/pretrained",
                ["pretrain", "--config", paths.modelConfiguration, "--tokenizer", paths.tokenizer]
                    + training(
                        plan.pretraining, on: pretrainingCorpora(seed), out: paths.pretrained(seed),
                        seed: seed,
                        ["--schedule", "constant", "--warmup-steps", "\(min(50, plan.pretraining.steps / 4))"]),
                isResumable: true, replaces: paths.pretrained(seed), leaves: Self.run(paths.pretrained(seed)))
        ]
    }

    /// The stage that mid-trains the base of `model` by one method, or averages the models of others.
    ///
    /// - Parameter teacher: options by which its teacher is reached. They are kept apart from the arguments, so that a server on
    ///   another port does not make it another stage.
    package func midTraining(_ model: FlywheelModel, _ method: FlywheelMethod, teacher: [String]) -> Stage {
        if let averaged = method.averaged {
            let members = averaged.map {
                paths.model(FlywheelModel(seed: model.seed, round: model.round, method: $0, phase: .mid))
            }
            return Stage(
                stageName(model), ["average"] + members + ["--out", paths.model(model), "--out-dtype", "f32"],
                replaces: paths.model(model), leaves: [paths.model(model) + "/remit.json"])
        }
        var options = plan.midTraining
        options.steps = method.steps(of: options.steps)
        options.learningRate *= method.rateFactor ?? 1
        let every = max(1, options.steps / plan.evaluation.times)
        return Stage(
            stageName(model),
            ["anneal", "--student", paths.pretrained(model.seed)] + method.arguments
                + training(
                    options, on: corpora(of: method, model.seed), out: paths.model(model),
                    seed: model.seed, orderOffset: (method.orderOffset ?? 0) &+ orderOffset(model.round),
                    [
                        "--eval-corpus", paths.heldOut, "--eval-every", "\(every)", "--export-every",
                        "\(plan.stepsOnTheWay.first ?? 0)",
                    ]), connection: teacher,
            isResumable: true, replaces: paths.model(model), leaves: Self.run(paths.model(model)))
    }

    /// What a round adds to where documents are ordered: far from what a method adds.
    private func orderOffset(_ round: Int) -> UInt64 {
        plan.repeatsBaseline == true ? UInt64(round - 1) << 40 : 0
    }

    /// Stages of supervised tuning, then of reinforcement, of the mid-trained model: the same for every method, but for the tuning data of
    /// those that say so.
    package func postTraining(_ model: FlywheelModel) -> [Stage] {
        let (mid, tuned, reinforced) = (model.at(.mid), model.at(.tuned), model.at(.reinforced))
        let options = plan.reinforcement
        let isNoisy = plan.methods.contains { $0.name == model.method && $0.noisyTuning == true }
        return [
            Stage(
                stageName(tuned),
                ["anneal", "--weighting", "ntp", "--student", paths.model(mid)]
                    + training(
                        plan.tuning, on: [paths.corpus(model.seed, isNoisy ? "noisy-tuning" : "tuning")],
                        out: paths.model(tuned), seed: model.seed),
                isResumable: true, replaces: paths.model(tuned), leaves: Self.run(paths.model(tuned))),
            Stage(
                stageName(reinforced),
                [
                    "reinforce", "--student", paths.model(tuned), "--reward", plan.families.joined(separator: ","),
                    "--steps", "\(options.steps)", "--prompts-per-step", "\(options.promptsPerStep)",
                    "--samples-per-prompt", "\(options.samplesPerPrompt)", "--max-new-tokens",
                    "\(options.maxNewTokens)", "--learning-rate", "\(options.learningRate)", "--warmup-steps",
                    "\(min(10, options.steps / 4))", "--seed",
                    "\(model.seed)", "--out", paths.model(reinforced), "--out-dtype", "f32", "--threads", "1",
                    "--save-every", "10", "--keep-checkpoints", "1",
                ], isResumable: true, replaces: paths.model(reinforced), leaves: Self.run(paths.model(reinforced))),
        ]
    }

    /// The stage that measures accuracy and held-out losses of a finished model.
    package func evaluation(_ model: FlywheelModel) -> Stage {
        Stage(
            stageName(model) + "/evaluation",
            asking(paths.model(model), problems: plan.evaluation.problems)
                + (model.phase == .reinforced ? samples : [])
                + ["--corpus"] + heldOut(model.seed)
                + [
                    "--sequence-length", "\(plan.sequenceLength)", "--token-cache",
                    paths.tokens(model.seed),
                ], output: paths.evaluation(model))
    }

    /// Stages that measure accuracy of the models exported while mid-training, one a step; the held-out losses stand in the run's
    /// log.
    package func evaluationsOnTheWay(_ model: FlywheelModel) -> [Stage] {
        plan.stepsOnTheWay.map { step in
            Stage(
                stageName(model) + "/step-\(step)/evaluation",
                asking(paths.export(model, step: step), problems: plan.evaluation.problemsOnTheWay),
                output: paths.evaluation(model, step: step))
        }
    }

    /// Every stage of the plan, base by base, once; those that a teacher helps without the way to it.
    package var all: [Stage] { shared + plan.seeds.flatMap(base) }

    /// Every stage of one base, once; those that a teacher helps without the way to it.
    package func base(_ seed: UInt64) -> [Stage] {
        pretraining(seed) + (1...plan.rounds).flatMap { round in ofRound(round, seed) }
    }

    private func ofRound(_ round: Int, _ seed: UInt64) -> [Stage] {
        plan.methods(ofRound: round).flatMap { method -> [Stage] in
            let model = FlywheelModel(seed: seed, round: round, method: method.name, phase: .mid)
            // All rounds have it.
            var stages = round == 1 ? ownCorpus(of: method, seed) : []
            stages.append(midTraining(model, method, teacher: []))
            stages += evaluationsOnTheWay(model) + [evaluation(model)]
            guard plan.isPostTrained(method.name) else { return stages }
            return stages + postTraining(model) + [.tuned, .reinforced].map { evaluation(model.at($0)) }
        }
    }

    private func asking(_ checkpoint: String, problems: Int) -> [String] {
        [
            "evaluate", "--checkpoint", checkpoint, "--tasks", plan.families.joined(separator: ","), "--problems",
            "\(problems)", "--max-new-tokens", "\(plan.reinforcement.maxNewTokens)", "--threads", "1", "--json",
        ]
    }

    /// What a finished run has beside its weights: the log, which the results are read from, and the file that is written last.
    private static func run(_ directory: String) -> [String] {
        ["log.jsonl", "remit.json"].map { directory + "/" + $0 }
    }

    private func stageName(_ model: FlywheelModel) -> String { "base-\(model.seed)/round-\(model.round)/\(model.name)" }

    /// Options of an evaluation that draws completions too.
    private var samples: [String] {
        plan.evaluation.samples.map { ["--samples", "\($0)", "--pass-at", "\($0)"] } ?? []
    }

    private func training(
        _ options: FlywheelPlan.Training, on corpora: [String], out: String, seed: UInt64, orderOffset: UInt64 = 0,
        _ more: [String] = []
    ) -> [String] {
        ["--corpus"] + corpora + [
            "--out", out, "--steps", "\(options.steps)", "--learning-rate",
            "\(options.learningRate)", "--seed", "\(seed &+ orderOffset)",
            "--sequence-length", "\(plan.sequenceLength)",
            "--batch-sequences", "\(plan.batchSequences)", "--micro-batch-sequences", "\(plan.batchSequences)",
            "--token-cache", paths.tokens(seed), "--out-dtype", "f32", "--threads", "1", "--save-every", "100",
            "--keep-checkpoints", "1",
        ] + more
    }
}

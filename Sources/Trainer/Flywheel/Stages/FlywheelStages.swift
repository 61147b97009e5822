/// Commands that carry out a plan, each a pure function of the plan and its paths: nothing is run or read here.
package struct FlywheelStages: Sendable {
    private let plan: FlywheelPlan
    private let paths: FlywheelPaths

    package init(_ plan: FlywheelPlan, _ paths: FlywheelPaths) {
        self.plan = plan
        self.paths = paths
    }

    /// Stages that come before all bases: the tokenizer, then the held-out corpus.
    package var shared: [Stage] {
        [
            Stage("tokenizer", ["tasks", "--tokenizer", paths.tokenizer]),
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

    /// Stages of one base up to its pre-trained model, in order: the three corpora, then pre-training.
    package func pretraining(_ seed: UInt64) -> [Stage] {
        let mixed = ["--reasoning-share", "\(plan.reasoningShare)", "--wrong-share", "\(plan.wrongShare)"]
        let name = "base-\(seed)/"
        return [
            corpus(
                name + "pretraining-corpus", paths.corpus(seed, "pretraining"), documents: plan.pretraining.documents,
                seed: 3 &* seed &+ 1000, mixed),
            corpus(
                name + "mid-training-corpus", paths.corpus(seed, "mid-training"),
                documents: plan.midTraining.documents, seed: 3 &* seed &+ 1001, mixed),
            corpus(
                name + "tuning-corpus", paths.corpus(seed, "tuning"), documents: plan.tuning.documents,
                seed: 3 &* seed &+ 1002, ["--reasoning-share", "1", "--format", "completion"]),
            Stage(
                name + "pretrained",
                ["pretrain", "--config", paths.modelConfiguration, "--tokenizer", paths.tokenizer]
                    + training(
                        plan.pretraining, on: paths.corpus(seed, "pretraining"), out: paths.pretrained(seed),
                        seed: seed,
                        ["--schedule", "constant", "--warmup-steps", "\(min(50, plan.pretraining.steps / 4))"]),
                isResumable: true),
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
                replaces: paths.model(model))
        }
        var options = plan.midTraining
        options.steps = method.steps(of: options.steps)
        let every = max(1, options.steps / plan.evaluation.times)
        return Stage(
            stageName(model),
            ["anneal", "--student", paths.pretrained(model.seed)] + method.arguments
                + training(
                    options, on: paths.corpus(model.seed, "mid-training"), out: paths.model(model),
                    seed: model.seed, orderOffset: method.orderOffset ?? 0,
                    [
                        "--eval-corpus", paths.heldOut, "--eval-every", "\(every)", "--export-every",
                        "\(plan.stepsOnTheWay.first ?? 0)",
                    ]), connection: teacher,
            isResumable: true)
    }

    /// Stages of supervised tuning, then of reinforcement, of the mid-trained model: the same for every method.
    package func postTraining(_ model: FlywheelModel) -> [Stage] {
        let (mid, tuned, reinforced) = (model.at(.mid), model.at(.tuned), model.at(.reinforced))
        let options = plan.reinforcement
        return [
            Stage(
                stageName(tuned),
                ["anneal", "--weighting", "ntp", "--student", paths.model(mid)]
                    + training(
                        plan.tuning, on: paths.corpus(model.seed, "tuning"), out: paths.model(tuned), seed: model.seed),
                isResumable: true),
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
                ], isResumable: true),
        ]
    }

    /// The stage that measures accuracy and held-out losses of a finished model.
    package func evaluation(_ model: FlywheelModel) -> Stage {
        Stage(
            stageName(model) + "/evaluation",
            asking(paths.model(model), problems: plan.evaluation.problems)
                + [
                    "--corpus", paths.heldOut, "--sequence-length", "\(plan.sequenceLength)", "--token-cache",
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

    /// The baseline has no teacher, and its post-trained model is the first one: only the first round has it.
    private func ofRound(_ round: Int, _ seed: UInt64) -> [Stage] {
        plan.methods.filter { round == 1 || $0.name != FlywheelMethod.baseline }.flatMap { method in
            let model = FlywheelModel(seed: seed, round: round, method: method.name, phase: .mid)
            let isPostTrained = plan.isPostTrained(method.name)
            return [midTraining(model, method, teacher: [])] + evaluationsOnTheWay(model) + [evaluation(model)]
                + (isPostTrained ? postTraining(model) : [])
                + (isPostTrained ? [.tuned, .reinforced] : []).map { evaluation(model.at($0)) }
        }
    }

    private func asking(_ checkpoint: String, problems: Int) -> [String] {
        [
            "evaluate", "--checkpoint", checkpoint, "--tasks", plan.families.joined(separator: ","), "--problems",
            "\(problems)", "--max-new-tokens", "\(plan.reinforcement.maxNewTokens)", "--threads", "1", "--json",
        ]
    }

    private func stageName(_ model: FlywheelModel) -> String { "base-\(model.seed)/round-\(model.round)/\(model.name)" }

    private func corpus(
        _ name: String, _ path: String, documents: Int, seed: UInt64, _ more: [String]
    ) -> Stage {
        Stage(
            name,
            [
                "tasks", "--corpus", path, "--documents", "\(documents)", "--seed", "\(seed)", "--families",
                plan.families.joined(separator: ","),
            ] + more)
    }

    private func training(
        _ options: FlywheelPlan.Training, on corpus: String, out: String, seed: UInt64, orderOffset: UInt64 = 0,
        _ more: [String] = []
    ) -> [String] {
        [
            "--corpus", corpus, "--out", out, "--steps", "\(options.steps)", "--learning-rate",
            "\(options.learningRate)", "--seed", "\(seed &+ orderOffset)",
            "--sequence-length", "\(plan.sequenceLength)",
            "--batch-sequences", "\(plan.batchSequences)", "--micro-batch-sequences", "\(plan.batchSequences)",
            "--token-cache", paths.tokens(seed), "--out-dtype", "f32", "--threads", "1", "--save-every", "100",
            "--keep-checkpoints", "1",
        ] + more
    }
}

import Corpora
import RandomNumbers
import Sequences
import System
import Training
import Transformers

/// One step: prompts, completions drawn from the student as it is, rewards, advantages, updates.
package final class ReinforcementStep {
    /// More at a time are not faster.
    private static let sequencesAtOnce = 256

    /// Model that is trained, in place; its completions are its own.
    package let student: TrainableTransformer
    /// Optimizer of the student, with its moments.
    package let optimizer: AdamW
    private let start: FrozenTransformer?
    private let options: ReinforcementOptions
    private let prompts: any PromptSource
    private let rewards: any RewardSource
    private let text: CompletionText
    private let check: PromptCheck
    private let loggedCompletions: Int
    private let memory: DecodingMemory
    private var decoder: Decoder?

    /// Joins a student with what prompts and judges it.
    ///
    /// - Parameters:
    ///   - start: the student before the first step; needed where the KL coefficient is not 0.
    ///   - loggedCompletions: completions of a step that its record shows.
    ///   - memory: in which completions are drawn; where it is small, fewer are drawn at a time.
    package init(
        student: TrainableTransformer, optimizer: AdamW, start: FrozenTransformer?, options: ReinforcementOptions,
        prompts: any PromptSource, rewards: any RewardSource, text: CompletionText, loggedCompletions: Int = 0,
        memory: DecodingMemory = .unlimited
    ) {
        precondition(start != nil || options.klCoefficient == 0, "a divergence needs the first student")
        self.student = student
        self.optimizer = optimizer
        self.start = options.klCoefficient == 0 ? nil : start
        self.options = options
        self.prompts = prompts
        self.rewards = rewards
        self.text = text
        self.loggedCompletions = loggedCompletions
        self.memory = memory
        check = PromptCheck(text: text, model: student.description, maxNewTokens: options.maxNewTokens)
    }

    /// The completions of a step with their rewards; the student is not changed.
    ///
    /// - Parameter step: from 1.
    /// - Throws: `ReinforcementError` where a prompt cannot be completed, for want of memory too, or its completions cannot be judged;
    ///   `TrainingError.interrupted`.
    package func completions(_ step: Int, stop: StopFlag) throws -> JudgedCompletions {
        let clock = ContinuousClock()
        let begin = clock.now
        let rollouts = try drawn(step, stop)
        let drawn = clock.now
        let judged = try judged(rollouts, stop)
        return JudgedCompletions(
            step: step, rollouts: judged, samplesPerPrompt: options.samplesPerPrompt,
            maxNewTokens: options.maxNewTokens, samplingSeconds: (drawn - begin) / .seconds(1),
            rewardSeconds: (clock.now - drawn) / .seconds(1))
    }

    /// Learns from the completions of a step in its `updatesPerStep` updates, each on its own share of the prompts. An update of which no
    /// completion takes part is not made.
    ///
    /// - Throws: `ReinforcementError.nonFinite` for a loss, log-prob or gradient that is not finite, before that update; those before it in
    ///   the step were made.
    package func learn(_ completions: JudgedCompletions, learningRate: Double) throws -> ReinforcementRecord {
        let begin = ContinuousClock.now
        let (step, rollouts) = (completions.step, completions.rollouts)
        var record = completions.record(learningRate: learningRate, loggedCompletions: loggedCompletions)
        let learned = record.lossTokens ?? record.tokens
        let share = options.promptsPerStep / options.updatesPerStep * options.samplesPerPrompt
        for first in stride(from: 0, to: rollouts.count, by: share) {
            let part = rollouts[first..<first + share].filter(\.takesPart)
            guard !part.isEmpty else { continue }
            let weight = Double(part.reduce(0) { $0 + $1.tokenCount }) / Double(learned)
            let update = try update(part, step, learningRate)
            record.loss += weight * update.loss.loss
            record.divergence += weight * update.loss.divergence
            record.clippedShare += weight * update.loss.clippedShare
            record.gradNorm = update.gradNorm
        }
        record.samplingSeconds = completions.samplingSeconds
        record.rewardSeconds = completions.rewardSeconds
        record.updateSeconds = (ContinuousClock.now - begin) / .seconds(1)
        return record
    }

    /// The completions of a step's prompts, those of one prompt behind one another.
    private func drawn(_ step: Int, _ stop: StopFlag) throws -> [Rollout] {
        var requests: [GenerationRequest] = []
        var records: [PromptRecord] = []
        for number in 0..<options.promptsPerStep {
            let prompt = prompts.prompt(at: (step - 1) * options.promptsPerStep + number)
            let ids = try check.ids(prompt)
            for sample in 0..<options.samplesPerPrompt {
                let seed = SplitMix64.mix(options.seed, UInt64(step), UInt64(number), UInt64(sample))
                requests.append(GenerationRequest(prompt: ids, seed: seed))
                records.append(prompt)
            }
        }
        let longest = requests.map(\.prompt.count).max() ?? 0
        let generations = try decoder(forPromptsOf: longest).generate(
            requests,
            text.options(
                maxNewTokens: options.maxNewTokens, temperature: options.temperature,
                filter: SamplingFilter(topK: options.topK, topP: options.topP)),
            onPass: { _ in try stop.throwIfRequested() })
        return try zip(zip(requests, records), generations).map {
            Rollout(prompt: $0.1, promptIDs: $0.0.prompt, generation: $1, completion: try text.text($1))
        }
    }

    /// One decoder for the whole run, larger where a longer prompt comes.
    private func decoder(forPromptsOf tokens: Int) throws -> Decoder {
        let needed = tokens + options.maxNewTokens
        if let decoder, decoder.maxTokens >= needed { return decoder }
        decoder = nil  // its memory goes before the new comes
        let made = student.makeDecoder(
            try memory.limits(
                sequences: min(options.promptsPerStep * options.samplesPerPrompt, Self.sequencesAtOnce),
                maxTokens: (needed + 63) / 64 * 64, cacheBytes: student.cacheBytes))
        decoder = made
        return made
    }

    private func judged(_ rollouts: [Rollout], _ stop: StopFlag) throws -> [Rollout] {
        let found = try rewards.rewards(rollouts.map(\.attempt), stop: stop)
        precondition(found.count == rollouts.count, "one reward a completion")
        var judged = rollouts
        for group in stride(from: 0, to: rollouts.count, by: options.samplesPerPrompt) {
            let members = group..<group + options.samplesPerPrompt
            for (index, advantage) in zip(members, GroupAdvantages.ofJudged(Array(found[members]))) {
                judged[index].reward = found[index]
                judged[index].advantage = advantage ?? 0
                let isLeftOut = options.masksTruncated == true && !judged[index].generation.isFinished
                judged[index].takesPart = advantage != nil && !isLeftOut
            }
        }
        return judged
    }

    private func update(
        _ rollouts: [Rollout], _ step: Int, _ learningRate: Double
    ) throws -> (loss: GRPOLoss, gradNorm: Double) {
        var loss = GRPOLoss(
            tokens: rollouts.reduce(0) { $0 + $1.tokenCount }, clip: options.clip, clipHigh: options.clipHigh,
            klCoefficient: options.klCoefficient)
        student.zeroGradients()
        // Without a divergence a completion of advantage 0 has no gradient.
        let learned = rollouts.filter { start != nil || $0.advantage != 0 }
        for first in stride(from: 0, to: learned.count, by: options.microBatchSequences) {
            try accumulate(learned[first..<min(first + options.microBatchSequences, learned.count)], step, &loss)
        }
        guard loss.loss.isFinite else {
            throw ReinforcementError.nonFinite(step: step, what: "the loss", value: "\(loss.loss)")
        }
        let gradNorm = optimizer.gradientNorm(student)
        guard gradNorm.isFinite else {
            throw ReinforcementError.nonFinite(step: step, what: "the gradient norm", value: "\(gradNorm)")
        }
        optimizer.update(
            student, learningRate: learningRate,
            gradientScale: Float(GradientClip(maxNorm: options.gradientClip).scale(norm: gradNorm)))
        return (loss, gradNorm)
    }

    private func accumulate(_ rollouts: ArraySlice<Rollout>, _ step: Int, _ loss: inout GRPOLoss) throws {
        let batch = PackedBatch(segments: rollouts.map { $0.promptIDs + $0.generation.tokenIDs })
        let logProbs: [Float]
        do {
            logProbs = try student.forward(batch, temperature: options.temperature)
        } catch TransformerError.nonFiniteLogProb {
            throw ReinforcementError.nonFinite(step: step, what: "a log-prob of the student", value: "not finite")
        }
        let startLogProbs = try start?.logProbs(batch, temperature: options.temperature)
        var gradients = [Float](repeating: 0, count: batch.tokenCount)
        for (index, rollout) in rollouts.enumerated() {
            let segment = batch.segments[index]
            let completion = segment.lowerBound + rollout.promptIDs.count..<segment.upperBound
            let found = loss.add(
                advantage: rollout.advantage, logProbs: Array(logProbs[completion]), old: rollout.generation.logProbs,
                start: startLogProbs.map { Array($0[completion]) })
            gradients.replaceSubrange(completion, with: found)
        }
        try student.backward(logProbGradients: gradients)
    }
}

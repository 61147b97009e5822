/// One completion that is asked for.
package struct GenerationRequest: Sendable {
    /// Ids that the completion goes on from: not empty, and fewer than the decoder's `maxTokens`.
    package let prompt: [Int32]
    /// Decides what is drawn; the same seed and prompt give the same completion in any company.
    package let seed: UInt64

    package init(prompt: [Int32], seed: UInt64) {
        self.prompt = prompt
        self.seed = seed
    }
}

/// How completions are drawn and when they end.
package struct GenerationOptions: Sendable, Equatable {
    /// Most tokens of a completion, the stop token included.
    package var maxNewTokens: Int
    /// Divides the logits before a token is drawn; 0 takes the likeliest token, the lower id of equals.
    package var temperature: Double
    /// Tokens that may be drawn at the temperature.
    package var filter: SamplingFilter
    /// Ids that end a completion, which keeps the first of them.
    package var stopTokens: Set<Int32>

    package init(
        maxNewTokens: Int, temperature: Double, filter: SamplingFilter = SamplingFilter(), stopTokens: Set<Int32>
    ) {
        precondition(maxNewTokens > 0 && temperature >= 0, "a completion has tokens, a temperature is 0 or more")
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
        self.filter = filter
        self.stopTokens = stopTokens
    }
}

/// One completion, as far as it came.
package struct Generation: Sendable, Equatable {
    /// Ids that were drawn, the stop token included; the prompt is not repeated.
    package var tokenIDs: [Int32] = []
    /// Natural log-probs of `tokenIDs`, at the temperature at which they were drawn (1 where they were not): the bits that scoring
    /// prompt and completion as one segment at that temperature gives, whatever the filter left of the distribution.
    package var logProbs: [Float] = []
    /// Entropy, in nats, of the distribution that each of `tokenIDs` was drawn from, before the filter; empty where none was drawn.
    package var entropies: [Float] = []
    /// Whether a stop token ended it; false where room did.
    package var isFinished = false
}

extension Decoder {
    /// Tokens of different prompts that enter one pass, so that its memory stays small.
    private static let promptTokensPerPass = 2048

    /// Completes prompts, as many at a time as there is room for: where one ends, the next begins.
    ///
    /// - Parameter onPass: called between passes with the number of completions that are whole; what it throws ends the
    ///   generation.
    /// - Throws: `TransformerError` for a prompt that leaves no room in `maxTokens`, an id out of range, a log-prob that is not
    ///   finite.
    /// - Returns: one completion a request, in their order.
    package func generate(
        _ requests: [GenerationRequest], _ options: GenerationOptions,
        onPass: (_ completed: Int) throws -> Void = { _ in }
    ) throws -> [Generation] {
        var results = [Generation](repeating: Generation(), count: requests.count)
        var active: [ActiveSequence] = []
        var free = Array((0..<limits.sequences).reversed())
        var next = 0
        for sequence in free { clear(sequence) }
        while !active.isEmpty || next < requests.count {
            try onPass(next - active.count)
            var (promptTokens, prompts) = (0, Set<[Int32]>())
            while next < requests.count, let sequence = free.last, promptTokens < Self.promptTokensPerPass {
                let request = requests[next]
                precondition(!request.prompt.isEmpty, "a prompt has tokens")
                guard request.prompt.count < maxTokens else {
                    throw TransformerError.segmentTooLong(
                        start: 0, tokens: request.prompt.count + 1, limit: maxTokens)
                }
                let reader = active.first { requests[$0.request].prompt == request.prompt }
                let unread = begin(sequence, request.prompt, as: reader?.sequence)
                active.append(
                    ActiveSequence(
                        request: next, sequence: sequence, unread: unread,
                        sampler: TokenSampler(
                            isGreedy: options.temperature == 0, filter: options.filter, seed: request.seed)))
                free.removeLast()
                if prompts.insert(unread).inserted { promptTokens += unread.count }
                next += 1
            }
            try extend(
                active.map { Part(sequence: $0.sequence, tokenIDs: $0.unread) },
                temperature: options.temperature == 0 ? 1 : options.temperature)
            let draws = active.indices.map { index in
                withLogits(index) { active[index].sampler.next($0, softCap: $1) }
            }
            let tokens = draws.map(\.token)
            for (index, (token, logProb)) in zip(tokens, logProbs(of: tokens)).enumerated() {
                results[active[index].request].tokenIDs.append(token)
                results[active[index].request].logProbs.append(logProb)
                if let entropy = draws[index].entropy {
                    results[active[index].request].entropies.append(entropy)
                }
                active[index].unread = [token]
            }
            active.removeAll { one in
                let result = results[one.request]
                let isFinished = result.tokenIDs.last.map(options.stopTokens.contains) ?? false
                results[one.request].isFinished = isFinished
                let isFull = result.tokenIDs.count >= options.maxNewTokens || length(one.sequence) + 1 >= maxTokens
                guard isFinished || isFull else { return false }
                clear(one.sequence)
                free.append(one.sequence)
                return true
            }
        }
        return results
    }

    /// What of a prompt a new sequence has to read: where another has read the same, the last token alone.
    private func begin(_ sequence: Int, _ prompt: [Int32], as reader: Int?) -> [Int32] {
        guard let reader, length(reader) >= prompt.count else { return prompt }
        copy(prompt.count - 1, from: reader, to: sequence)
        return Array(prompt.suffix(1))
    }
}

/// A completion on its way.
private struct ActiveSequence {
    let request: Int
    let sequence: Int
    /// Tokens that the model has not read.
    var unread: [Int32]
    var sampler: TokenSampler
}

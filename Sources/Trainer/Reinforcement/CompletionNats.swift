import Sequences
import Transformers

/// How likely a model finds completions of prompts. Of the right completions of problems it is a measure that moves with every problem, where
/// accuracy moves only with those on the edge.
struct CompletionNats {
    /// Little enough memory, enough rows for speed.
    private static let tokensPerForward = 8192

    private let text: CompletionText

    init(_ text: CompletionText) { self.text = text }

    /// Nats of each completion given its prompt: the sum of -log p over the completion's tokens, the prompt and the completion encoded apart as
    /// in generation; and the number of those tokens. nil where they do not fit the model's context.
    ///
    /// - Throws: what the tokenizer or the model throws.
    func nats(_ pairs: [(prompt: String, completion: String)], _ model: FrozenTransformer) throws -> [(
        sum: Double, tokens: Int
    )?] {
        var nats = [(sum: Double, tokens: Int)?](repeating: nil, count: pairs.count)
        var waiting: [(pair: Int, prompt: Int, ids: [Int32])] = []
        var tokens = 0
        func flush() throws {
            guard !waiting.isEmpty else { return }
            let batch = PackedBatch(segments: waiting.map(\.ids))
            let logProbs = try model.logProbs(batch)
            var start = 0
            for (pair, prompt, ids) in waiting {
                let sum = logProbs[start + prompt..<start + ids.count].reduce(0.0) { $0 - Double($1) }
                nats[pair] = (sum, ids.count - prompt)
                start += ids.count
            }
            (waiting, tokens) = ([], 0)
        }
        for (index, pair) in pairs.enumerated() {
            let prompt = try text.promptIDs(pair.prompt)
            let ids = prompt + (try text.completionIDs(pair.completion))
            guard ids.count <= model.description.contextLength, !prompt.isEmpty else { continue }
            if tokens + ids.count > Self.tokensPerForward { try flush() }
            waiting.append((index, prompt.count, ids))
            tokens += ids.count
        }
        try flush()
        return nats
    }
}

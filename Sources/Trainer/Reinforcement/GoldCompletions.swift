import Sequences
import Tasks
import Transformers

/// How likely a model finds the right completions of problems: a measure that moves with every problem, where accuracy moves only
/// with those on the edge.
struct GoldCompletions {
    /// Little enough memory, enough rows for speed.
    private static let tokensPerForward = 8192

    private let text: CompletionText

    init(_ text: CompletionText) { self.text = text }

    /// Nats of each problem's right completion, steps, answer and line end, given its prompt: the sum of -log p over the completion's
    /// tokens, the prompt and the completion encoded apart as in generation. nil where they do not fit the model's context.
    ///
    /// - Throws: what the tokenizer or the model throws.
    func nats(_ problems: [TaskProblem], _ model: FrozenTransformer) throws -> [Double?] {
        var nats = [Double?](repeating: nil, count: problems.count)
        var waiting: [(problem: Int, prompt: Int, ids: [Int32])] = []
        var tokens = 0
        func flush() throws {
            guard !waiting.isEmpty else { return }
            let batch = PackedBatch(segments: waiting.map(\.ids))
            let logProbs = try model.logProbs(batch)
            var start = 0
            for (problem, prompt, ids) in waiting {
                nats[problem] = logProbs[start + prompt..<start + ids.count].reduce(0.0) { $0 - Double($1) }
                start += ids.count
            }
            (waiting, tokens) = ([], 0)
        }
        for (index, problem) in problems.enumerated() {
            let prompt = try text.promptIDs(problem.prompt)
            let ids = prompt + (try text.completionIDs(problem.solution))
            guard ids.count <= model.description.contextLength, !prompt.isEmpty else { continue }
            if tokens + ids.count > Self.tokensPerForward { try flush() }
            waiting.append((index, prompt.count, ids))
            tokens += ids.count
        }
        try flush()
        return nats
    }
}

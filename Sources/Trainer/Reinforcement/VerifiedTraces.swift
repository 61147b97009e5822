import RandomNumbers
import Tasks
import Transformers

/// Documents that a checkpoint wrote: its completions of problems, those with the right answer. What is called rejection sampling, or the traces
/// of a teacher.
package struct VerifiedTraces {
    private let stream: TaskStream
    private let text: CompletionText
    private let options: GenerationOptions
    private let decoder: Decoder
    private var next = 0
    private var waiting: [TaskDocument] = []
    /// Completions that were drawn.
    package private(set) var drawn = 0
    /// Completions with the right answer.
    package private(set) var right = 0

    /// Completions that are drawn at a time.
    private static let completionsAtOnce = 128
    /// Completions without a right one among them after which it is given up.
    private static let patience = 4096
    /// Most tokens of a problem's prompt.
    private static let promptTokens = 256

    /// - Parameters:
    ///   - stream: whose list of problems (`problem(at:)`) is asked, and whose seed decides what is drawn.
    ///   - maxNewTokens: of a completion.
    ///   - memory: in which completions are drawn; where it is small, fewer are decoded at a time.
    /// - Throws: `ReinforcementError.noRoom`.
    package init(
        _ stream: TaskStream, of model: FrozenTransformer, text: CompletionText, maxNewTokens: Int, temperature: Double,
        memory: DecodingMemory = .unlimited
    ) throws(ReinforcementError) {
        self.stream = stream
        self.text = text
        options = text.options(maxNewTokens: maxNewTokens, temperature: temperature)
        decoder = model.makeDecoder(
            try memory.limits(
                sequences: Self.completionsAtOnce,
                maxTokens: min(model.description.contextLength, Self.promptTokens + maxNewTokens),
                cacheBytes: model.cacheBytes))
    }

    /// Gives the next document with a right answer.
    ///
    /// - Parameter onDraw: called before completions are drawn; what it throws ends it.
    /// - Throws: `ReinforcementError.nothingVerified` where 4096 completions in a row are wrong; what the tokenizer, the decoder or
    ///   `onDraw` throws.
    package mutating func document(onDraw: () throws -> Void = {}) throws -> TaskDocument {
        var missed = 0
        while waiting.isEmpty {
            guard missed < Self.patience else { throw ReinforcementError.nothingVerified(completions: missed) }
            try onDraw()
            try draw()
            missed += Self.completionsAtOnce
        }
        return waiting.removeFirst()
    }

    private mutating func draw() throws {
        let places = next..<next + Self.completionsAtOnce
        next = places.upperBound
        let problems = places.map(stream.problem)
        let requests = try zip(places, problems).map { place, problem in
            GenerationRequest(
                prompt: try text.promptIDs(problem.prompt), seed: SplitMix64.mix(~stream.seed, UInt64(place)))
        }
        let found = try decoder.generate(requests, options, onPass: { _ in })
        for (problem, generation) in zip(problems, found) {
            drawn += 1
            let completion = try text.text(generation)
            guard problem.accepts(completion) else { continue }
            right += 1
            waiting.append(TaskDocument(problem, completion: completion))
        }
    }
}

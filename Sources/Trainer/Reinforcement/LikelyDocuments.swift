import Tasks
import Transformers

/// A filter of synthetic documents by how likely a checkpoint finds them: the perplexity filter of corpora, on problems alone.
package struct LikelyDocuments: Sendable {
    /// Places of the documents that are left out, ascending.
    package private(set) var dropped: Set<Int> = []
    /// Problems that were looked at.
    package private(set) var problems = 0
    /// Of the problems left out, those that had been made wrong on purpose: what the filter was to find.
    package private(set) var wrongDropped = 0
    /// Problems that had been made wrong on purpose.
    package private(set) var wrong = 0

    /// Documents that are held and scored at a time.
    private static let chunk = 4096

    /// Reads the first `count` documents of a stream and finds the problems to leave out: of `share` of them, rounded down, the completion
    /// given the prompt has the most nats a token; of equals the later ones. Filler stays.
    ///
    /// - Parameters:
    ///   - share: of the problems, 0 to 1.
    ///   - onDocuments: called with the number of documents that are scored; what it throws ends it.
    /// - Throws: what the tokenizer, the model or `onDocuments` throws.
    /// - Complexity: holds some bytes for each problem.
    package init(
        _ stream: TaskStream, count: Int, dropping share: Double, by model: FrozenTransformer, text: CompletionText,
        onDocuments: (Int) throws -> Void = { _ in }
    ) throws {
        var scores: [(place: Int, nats: Double, isWrong: Bool)] = []
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let places = (start..<min(count, start + Self.chunk)).map { (place: $0, document: stream.document(at: $0)) }
                .filter { $0.document.domain == .reasoning }
            let found = try CompletionNats(text).nats(
                places.map { ($0.document.prompt, $0.document.completion) }, model)
            for (own, nats) in zip(places, found) {
                // What does not fit the model's context says nothing, and stays.
                let mean = nats.map { $0.sum / Double($0.tokens) } ?? -.infinity
                scores.append((own.place, mean, own.document.isWrong))
            }
            try onDocuments(min(count, start + Self.chunk))
        }
        problems = scores.count
        wrong = scores.count(where: \.isWrong)
        let unlikely = scores.sorted { ($0.nats, $0.place) > ($1.nats, $1.place) }.prefix(
            Int(share * Double(scores.count)))
        dropped = Set(unlikely.map(\.place))
        wrongDropped = unlikely.count(where: \.isWrong)
    }
}

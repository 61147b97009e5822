import Tokenizers
import Transformers

/// Between texts and the ids that a model reads and writes.
package struct CompletionText: Sendable {
    private let tokenizer: Tokenizer
    package let endOfSequence: Int32?

    package init(tokenizer: Tokenizer, endOfSequence: Int32?) {
        self.tokenizer = tokenizer
        self.endOfSequence = endOfSequence
    }

    /// As a document begins in training: special tokens in front, none behind.
    package func promptIDs(_ prompt: String) throws -> [Int32] {
        var ids = try tokenizer.encode(prompt, addSpecialTokens: true).ids
        if let endOfSequence, ids.count > 1, ids.last == endOfSequence { ids.removeLast() }
        return ids
    }

    /// The text of a completion without the token that ended it. Ids that pad the vocabulary have no text.
    package func text(_ generation: Generation) throws -> String {
        let ids = generation.isFinished ? generation.tokenIDs.dropLast() : generation.tokenIDs[...]
        return try tokenizer.decode(ids.filter { tokenizer.token(ofID: $0) != nil }, skipSpecialTokens: true)
    }

    /// Ends with the model's end-of-sequence token.
    package func options(maxNewTokens: Int, temperature: Double) -> GenerationOptions {
        GenerationOptions(
            maxNewTokens: maxNewTokens, temperature: temperature, stopTokens: endOfSequence.map { [$0] } ?? [])
    }
}

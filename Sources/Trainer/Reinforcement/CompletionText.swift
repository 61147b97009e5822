import Corpora
import Tokenizers
import Transformers

/// Translator between texts and the ids that a model reads and writes.
package struct CompletionText: Sendable {
    private let tokenizer: Tokenizer
    /// Tokens of the model that end a completion.
    package let endOfSequence: EndOfSequence

    package init(tokenizer: Tokenizer, endOfSequence: EndOfSequence) {
        self.tokenizer = tokenizer
        self.endOfSequence = endOfSequence
    }

    /// Ids of a prompt: those that it came with, or those of its text.
    package func promptIDs(_ prompt: PromptRecord) throws -> [Int32] {
        try prompt.tokenIDs ?? promptIDs(prompt.text)
    }

    /// Ids of a prompt, as a document begins in training: special tokens in front, and an end-of-sequence token behind taken off.
    package func promptIDs(_ prompt: String) throws -> [Int32] {
        var ids = try tokenizer.encode(prompt, addSpecialTokens: true).ids
        if ids.count > 1, let last = ids.last, endOfSequence.contains(last) { ids.removeLast() }
        return ids
    }

    /// Ids of a completion behind its prompt: no special tokens.
    package func completionIDs(_ completion: String) throws -> [Int32] {
        try tokenizer.encode(completion, addSpecialTokens: false).ids
    }

    /// The text of a completion without the token that ended it. Ids that pad the vocabulary have no text.
    package func text(_ generation: Generation) throws -> String {
        let ids = generation.isFinished ? generation.tokenIDs.dropLast() : generation.tokenIDs[...]
        return try tokenizer.decode(ids.filter { tokenizer.token(ofID: $0) != nil }, skipSpecialTokens: true)
    }

    /// Options of completions that end with the first of the model's end-of-sequence tokens, or after `maxNewTokens`. Temperature 0:
    /// greedy.
    package func options(
        maxNewTokens: Int, temperature: Double, filter: SamplingFilter = SamplingFilter()
    ) -> GenerationOptions {
        GenerationOptions(
            maxNewTokens: maxNewTokens, temperature: temperature, filter: filter, stopTokens: Set(endOfSequence.ids))
    }
}

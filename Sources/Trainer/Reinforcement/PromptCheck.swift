import Corpora
import Transformers

/// What a model must be able to read, and then to add, so that a prompt can be completed.
package struct PromptCheck: Sendable {
    private let text: CompletionText
    private let vocabularySize: Int
    private let contextLength: Int
    private let maxNewTokens: Int

    /// Limits of the model's vocabulary and context, for prompts that are to be continued by up to `maxNewTokens` tokens: fewer than
    /// the context has.
    package init(text: CompletionText, model: ModelDescription, maxNewTokens: Int) {
        self.text = text
        self.maxNewTokens = maxNewTokens
        vocabularySize = model.vocabularySize
        contextLength = model.contextLength
    }

    /// Ids of a prompt that the model can read and complete.
    ///
    /// - Throws: `ReinforcementError.unusablePrompt` where it cannot.
    package func ids(_ prompt: PromptRecord) throws -> [Int32] {
        let ids: [Int32]
        do {
            ids = try text.promptIDs(prompt)
        } catch {
            throw ReinforcementError.unusablePrompt(prompt: prompt.text, reason: "cannot be tokenized: \(error)")
        }
        if let reason = fault(ids) { throw ReinforcementError.unusablePrompt(prompt: prompt.text, reason: reason) }
        return ids
    }

    /// Ids of a prompt, and why it cannot be completed, as the predicate of a sentence; nil where it can.
    package func read(_ prompt: PromptRecord) -> (ids: [Int32], fault: String?) {
        do {
            let ids = try text.promptIDs(prompt)
            return (ids, fault(ids))
        } catch {
            return ([], "cannot be tokenized: \(error)")
        }
    }

    private func fault(_ ids: [Int32]) -> String? {
        guard !ids.isEmpty else { return "has no token" }
        if let id = ids.first(where: { $0 < 0 || $0 >= vocabularySize }) {
            return "has the token id \(id), but the model knows \(vocabularySize) ids"
        }
        let limit = contextLength - maxNewTokens
        guard ids.count <= limit else {
            return
                "has \(ids.count) tokens; with --max-new-tokens \(maxNewTokens) the model's context of \(contextLength) holds "
                + "prompts of at most \(max(0, limit))"
        }
        return nil
    }
}

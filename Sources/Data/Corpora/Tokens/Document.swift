/// A tokenized document: its encoding, with the end-of-sequence token behind it.
package struct Document: Sendable, Equatable {
    /// Ids of the whole document, prompt included.
    package let tokenIDs: [Int32]
    /// Number of ids at the beginning that are a prompt: seen by the model, neither scored nor counted.
    package let contextTokens: Int
    /// Name that its record gives the document; nil for none.
    package let id: String?
    /// Name of what the document is a part of; nil for none. Held-out losses are told domain by domain.
    package let domain: String?

    package init(tokenIDs: [Int32], contextTokens: Int = 0, id: String? = nil, domain: String? = nil) {
        precondition(contextTokens >= 0 && contextTokens <= tokenIDs.count, "context is a part of the document")
        self.tokenIDs = tokenIDs
        self.contextTokens = contextTokens
        self.id = id
        self.domain = domain
    }

    /// Number of scored tokens: all but the first, which nothing predicts, and the prompt's.
    package var scoredTokens: Int { max(0, tokenIDs.count - max(1, contextTokens)) }
}

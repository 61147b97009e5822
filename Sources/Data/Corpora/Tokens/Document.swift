/// A tokenized document: its encoding, with the end-of-sequence token behind it.
package struct Document: Sendable, Equatable {
    package let tokenIDs: [Int32]
    /// The first `contextTokens` ids are a prompt: seen by the model, neither scored nor counted.
    package let contextTokens: Int
    /// What its record calls it.
    package let id: String?
    /// What it is a part of: held-out losses are told domain by domain.
    package let domain: String?

    package init(tokenIDs: [Int32], contextTokens: Int = 0, id: String? = nil, domain: String? = nil) {
        precondition(contextTokens >= 0 && contextTokens <= tokenIDs.count, "context is a part of the document")
        self.tokenIDs = tokenIDs
        self.contextTokens = contextTokens
        self.id = id
        self.domain = domain
    }

    /// The first token of a document has nothing that predicts it.
    package var scoredTokens: Int { max(0, tokenIDs.count - max(1, contextTokens)) }
}

/// A tokenized document: its encoding, with the end-of-sequence token behind it.
package struct Document: Sendable, Equatable {
    /// Ids of the whole document, prompt included.
    package let tokenIDs: [Int32]
    /// Number of ids at the beginning that are a prompt: seen by the model, neither scored nor counted.
    package let contextTokens: Int
    /// Which tokens are scored, where they are not all that follow the context: a conversation, of which one side is learnt. [T]; the first
    /// token is scored in no case. nil: all but the context.
    package let mask: [Bool]?  // [T]
    /// Name that its record gives the document; nil for none.
    package let id: String?
    /// Name of what the document is a part of; nil for none. Held-out losses are told domain by domain.
    package let domain: String?

    package init(tokenIDs: [Int32], contextTokens: Int = 0, id: String? = nil, domain: String? = nil) {
        precondition(contextTokens >= 0 && contextTokens <= tokenIDs.count, "context is a part of the document")
        self.tokenIDs = tokenIDs
        self.contextTokens = contextTokens
        mask = nil
        self.id = id
        self.domain = domain
    }

    /// A document of which the tokens in `mask` are scored; one that begins with all that is not scored has context and no mask.
    package init(tokenIDs: [Int32], mask: [Bool], id: String? = nil, domain: String? = nil) {
        precondition(mask.count == tokenIDs.count, "one entry a token")
        self.tokenIDs = tokenIDs
        contextTokens = mask.firstIndex(of: true) ?? mask.count
        self.mask = mask[contextTokens...].contains(false) ? mask : nil
        self.id = id
        self.domain = domain
    }

    /// Number of scored tokens: all but the first, which nothing predicts, and the prompt's, or those of the mask.
    package var scoredTokens: Int {
        mask.map { $0.dropFirst().count { $0 } } ?? max(0, tokenIDs.count - max(1, contextTokens))
    }
}

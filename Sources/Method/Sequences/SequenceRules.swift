/// What a sequence must satisfy before it may reach an engine.
package struct SequenceRules: Sendable {
    /// Ids from this one on are refused, as negative ones are.
    package var vocabularySize: Int
    /// The longest document, in tokens: no more than the context of every model used and the batch budget.
    package var maxSequenceTokens: Int
    /// Ids that one of the models used knows under another meaning; met in an input they are an error.
    package var unsharedTokenIDs: Set<Int32>

    package init(vocabularySize: Int, maxSequenceTokens: Int, unsharedTokenIDs: Set<Int32> = []) {
        self.vocabularySize = vocabularySize
        self.maxSequenceTokens = maxSequenceTokens
        self.unsharedTokenIDs = unsharedTokenIDs
    }
}

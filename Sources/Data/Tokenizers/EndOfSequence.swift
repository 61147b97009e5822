/// The token ids that end a text. A model may have several (`"eos_token_id": [151645, 151643]`): the first closes each document of
/// a corpus, and any of them ends a completion.
package struct EndOfSequence: Sendable, Equatable {
    /// In the order in which they were named, each once.
    package let ids: [Int32]
    /// Every other id that some file of the model names as an end: a corpus may have been closed by one of them.
    package let others: Set<Int32>

    /// - Parameters:
    ///   - ids: empty where a model names none; an id that is named again counts once.
    ///   - tokenizer: the tokenizer's `eos_token`.
    package init(_ ids: [Int32], tokenizer: Int32? = nil) {
        var seen: Set<Int32> = []
        self.ids = ids.filter { seen.insert($0).inserted }
        others = Set(self.ids.dropFirst() + [tokenizer].compactMap(\.self)).subtracting(self.ids.prefix(1))
    }

    /// Closes each document of a corpus; nil where the model names no end.
    package var documentEnd: Int32? { ids.first }

    package func contains(_ id: Int32) -> Bool { ids.contains(id) }
}

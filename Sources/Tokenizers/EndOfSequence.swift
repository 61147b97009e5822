/// The token ids that end a text. A model may have several (`"eos_token_id": [151645, 151643]`): the first closes each document of
/// a corpus, and any of them ends a completion.
package struct EndOfSequence: Sendable, Equatable {
    /// In the order in which they were named, each once.
    package let ids: [Int32]

    /// - Parameter ids: empty where a model names none; an id that is named again counts once.
    package init(_ ids: [Int32]) {
        var seen: Set<Int32> = []
        self.ids = ids.filter { seen.insert($0).inserted }
    }

    /// Closes each document of a corpus; nil where the model names no end.
    package var documentEnd: Int32? { ids.first }

    package func contains(_ id: Int32) -> Bool { ids.contains(id) }
}

/// Order in which a corpus is trained on.
package enum CorpusOrder: String, Sendable, CaseIterable, Codable {
    /// Another one for each seed and epoch, whatever the files. Segments are packed where they fit best.
    case shuffled
    /// That of the files and of the documents in them, in every epoch; windows are filled one after another. The sources of a mix go on
    /// side by side, each at its share.
    case files
}

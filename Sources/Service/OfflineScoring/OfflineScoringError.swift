/// What keeps a corpus from being scored by a teacher, or ends its scoring.
package enum OfflineScoringError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The tokenizers of the teacher and of the corpus, by fingerprint.
    case otherTokenizer(teacher: String, given: String)
    /// Segments as long as they were asked for do not fit into the teacher's context. In tokens.
    case sequenceTooLong(requested: Int, contextLength: Int)
    /// The end of a scoring that was asked to stop; what was done is saved.
    case stopped

    package var description: String {
        switch self {
        case .otherTokenizer(let teacher, let given):
            "the teacher's tokenizer and the one of --tokenizer differ (tokenizer_fingerprint \(teacher) and \(given)): the teacher "
                + "knows other tokens. Take a teacher of the student's lineage"
        case .sequenceTooLong(let requested, let contextLength):
            "--sequence-length is \(requested), but the teacher reads at most \(contextLength) tokens"
        case .stopped: "the scoring was stopped; what was done is saved"
        }
    }
}

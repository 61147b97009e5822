import Corpora
import Digests
import Tokenizers

/// Whether a teacher can read what a tokenizer made of a corpus.
struct TeacherReading {
    /// The tokenizer that made the corpus's ids.
    let tokenizer: Tokenizer

    init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    /// Throws unless a model with this tokenizer knows the same tokens.
    func check(_ teacher: Tokenizer) throws(OfflineScoringError) {
        guard tokenizer.fingerprint == teacher.fingerprint else {
            throw .otherTokenizer(teacher: teacher.fingerprint.hex, given: tokenizer.fingerprint.hex)
        }
    }

    /// Throws unless the teacher knows the same tokens and reads as many at once.
    func check(_ teacher: OfflineTeacher, sequenceLength: Int) throws(OfflineScoringError) {
        try check(teacher.tokenizer)
        guard sequenceLength <= teacher.contextLength else {
            throw .sequenceTooLong(requested: sequenceLength, contextLength: teacher.contextLength)
        }
    }

    /// What the teacher cannot read as the tokenizer of the corpus means it; a warning, unless the corpus holds it.
    func unreadable(_ teacher: OfflineTeacher, remark: (String) -> Void) -> UnreadableTokens {
        let unshared = tokenizer.unsharedTokens(with: teacher.tokenizer)
        let named = unshared.sorted { $0.key < $1.key }.prefix(10).map { id, names in
            "\(id): \(names.own ?? "none") / \(names.other ?? "none")"
        }
        if !named.isEmpty {
            remark(
                "warning: the tokenizer and \(teacher.name)'s do not share all added tokens (\(unshared.count)): "
                    + "\(named.joined(separator: ", ")). A document that holds one is refused")
        }
        let unreadable = UnreadableTokens(
            tokenizer, rows: teacher.vocabularySize,
            reasons: unshared.mapValues {
                "the tokenizer calls it \($0.own ?? "none"), \(teacher.name)'s \($0.other ?? "none")"
            },
            model: teacher.name)
        if let line = unreadable.remark { remark("warning: \(teacher.name): \(line)") }
        return unreadable
    }
}

import Sequences

/// What keeps a corpus from being scored by a teacher, or ends its scoring.
package enum OfflineScoringError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The tokenizers of the teacher and of the corpus, by fingerprint.
    case otherTokenizer(teacher: String, given: String)
    /// Segments as long as they were asked for do not fit into the teacher's context. In tokens.
    case sequenceTooLong(requested: Int, contextLength: Int)
    /// A file of a corpus whose items nothing can stand beside.
    case noItems(file: String)
    /// Token files of which none has an item.
    case emptyFiles([String])
    /// Two token files of one name would have their numbers in one file.
    case sameName(file: String, other: String)
    /// A plan was made for another teacher: model or tokenizer, by fingerprint.
    case otherTeacher(plan: String, what: String, planned: String, given: String)
    /// The base and the teacher have different tokenizers, by fingerprint.
    case otherBase(teacher: String, base: String)
    /// A token file is not the one that was planned, by SHA-256.
    case otherTokens(file: String, planned: String, got: String)
    /// An engine's answer with a value that no log-prob can have; it was not written.
    case impossible(place: String, LogProbFault)
    /// An engine's answer with another number of log-probs than tokens; nothing of it was written.
    case wrongAnswer(place: String, expected: Int, got: Int)
    /// An engine elsewhere changed, or could not be looked at, whenever it had scored this range; nothing of it was written.
    case notVouchedFor(range: String, times: Int)
    /// The end of a scoring that was asked to stop; what was done is saved.
    case stopped

    package var description: String {
        switch self {
        case .otherTokenizer(let teacher, let given):
            "the teacher's tokenizer and the one of --tokenizer differ (tokenizer_fingerprint \(teacher) and \(given)): the teacher "
                + "knows other tokens. Take a teacher of the student's lineage"
        case .sequenceTooLong(let requested, let contextLength):
            "--sequence-length is \(requested), but the teacher reads at most \(contextLength) tokens"
        case .noItems(let file):
            "\(file): --form parallel puts numbers beside the items of token files (.npy, or a Megatron pair, not compressed), and this is "
                + "text: write its ids to a file first, or take --form segments"
        case .emptyFiles(let files):
            "\(files.joined(separator: ", ")): no items: there is nothing to score"
        case .sameName(let file, let other):
            "\(file) and \(other) have one name, and so would their scores: give each an --out of its own"
        case .otherTeacher(let plan, let what, let planned, let given):
            "\(plan) was made for another teacher: its \(what) is \(planned), that of --model \(given). Give the teacher of the plan, or "
                + "make a plan for this one"
        case .otherBase(let teacher, let base):
            "the tokenizers of --model and --base differ (tokenizer_fingerprint \(teacher) and \(base)): they know other tokens. Take a "
                + "base of the teacher's lineage"
        case .otherTokens(let file, let planned, let got):
            "\(file) is not the file that was planned: its SHA-256 is \(got), it was \(planned). Give the file of then, or plan again"
        case .impossible(let place, let fault): "\(place), \(fault). No model gives that: it was not written"
        case .wrongAnswer(let place, let expected, let got):
            "\(place): expected \(expected) log-probs, got \(got)"
        case .notVouchedFor(let range, let times):
            "\(range) was scored \(times) times, and each time the engine changed, was started anew or went away before its canaries could be "
                + "scored again. Nothing of it was written; the same command goes on with what is left"
        case .stopped: "the scoring was stopped; what was done is saved"
        }
    }
}

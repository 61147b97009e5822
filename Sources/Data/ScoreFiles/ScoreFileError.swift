import System

/// Why files of scores, or a plan of scoring, cannot be written, read or used.
package enum ScoreFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file that is not there, or that the system does not give.
    case unreadable(path: String, reason: String)
    /// A file or directory that cannot be made.
    case unwritable(path: String, reason: String)
    /// A path where there are no scores of either form.
    case noScores(path: String)
    /// A directory with a side-car's manifest and the JSON of a parallel file, which may be of two teachers.
    case bothForms(path: String, file: String)
    /// Results of a plan's ranges, which are no scores of a corpus until they are merged.
    case unmerged(path: String)
    /// A file of another program's, or of a later version.
    case otherForm(path: String, expected: String, got: String)
    /// Bytes that are not those that were written.
    case damaged(path: String, reason: String)
    /// A range of a plan whose numbers and manifest are not those of one another, or not what was written.
    case damagedRange(path: String, reason: String)
    /// Numbers of another kind than log-probs.
    case otherQuantity(path: String, got: String)
    /// The context under which the teacher scored is not the one that the student will have.
    case otherUnit(path: String, scored: ScoreUnit, run: ScoreUnit)
    /// The run and the scores do not belong together.
    case mismatch(path: String, what: String, scores: String, run: String, hint: String)
    /// Several files that are read together have different teachers, or are stored differently.
    case filesDiffer(path: String, other: String, what: String, was: String, now: String)
    /// The token file that was scored is not where it can be found.
    case noTokens(path: String, file: String)
    /// The token file is not the one that was scored.
    case otherTokens(path: String, tokens: String, expected: String, got: String)
    /// A segment of the run's corpus, by the hash of its ids, that has no numbers.
    case missingSegment(path: String, tokens: Int, hash: String, unclosed: String?)
    /// A number on disk that no log-prob can be.
    case impossible(path: String, item: Int, expected: String, got: Float)
    /// A number that the chosen element type does not hold.
    case tooLarge(path: String, item: Int, element: String, got: Float)
    /// A scoring is continued with something else than it was begun with.
    case changed(path: String, what: String, was: String, now: String)
    /// A token file has another size than when it was planned.
    case changedTokens(path: String, what: String, planned: String, got: String)
    /// Results that do not belong to a plan.
    case otherPlan(path: String, reason: String)
    /// A directory that another process is writing.
    case inUse(path: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)"
        case .noScores(let path):
            "\(path): expected scores: a side-car's directory, a file TOKENS.scores with TOKENS.scores.json beside it, or a directory of "
                + "such. remit-server score writes them"
        case .bothForms(let path, let file):
            "\(path) holds a side-car and parallel files, such as \(file), which may be of two teachers: name its manifest.json or a file of "
                + "numbers (TOKENS.scores), or move one of the two elsewhere"
        case .unmerged(let path):
            "\(path): results of a plan, which score --plan wrote: python -m remit.score merge checks them and makes parallel files of them; "
                + "give those"
        case .otherForm(let path, let expected, let got):
            "\(path): expected the form \(expected), got \(got): it is another file, or of another version of remit"
        case .damaged(let path, let reason):
            "\(path) is not what was written there: \(reason). Copy it again from where it was written, or score the corpus again"
        case .damagedRange(let path, let reason):
            "\(path) is not what was put there: \(reason). Remove \(path).scores and \(path).json, and run what scores the plan again: it "
                + "scores what is not there"
        case .otherQuantity(let path, let got):
            "\(path) holds \(got), not log-probs: a run makes its own weights. Give it the file TOKENS.scores"
        case .otherUnit(let path, let scored, let run):
            "\(path): the teacher scored by \(scored), the run feeds its student by \(run): the teacher saw another context. "
                + (scored.kind == run.kind
                    ? "Give the run --sequence-length \(scored.tokens), or score again by its own"
                    : "Score again with --unit \(run.kind.rawValue) --sequence-length \(run.tokens)")
        case .mismatch(let path, let what, let scores, let run, let hint):
            "\(path) was made for another \(what): it has \(scores), the run \(run). \(hint)"
        case .filesDiffer(let path, let other, let what, let was, let now):
            "\(path) and \(other) have different \(what): \(was) and \(now). One run has one teacher, whose numbers are stored alike: score the corpus as a whole"
        case .noTokens(let path, let file):
            "\(path) has the numbers of \(file), which is neither beside it nor among the run's --corpus: put it there; the numbers mean "
                + "nothing without it"
        case .otherTokens(let path, let tokens, let expected, let got):
            "\(tokens) is not the file that was scored: its SHA-256 is \(got), \(path) is of \(expected). Score it again, or give the "
                + "file of then"
        case .missingSegment(let path, let tokens, let hash, let unclosed):
            "\(path) has no log-probs for a segment of \(tokens) tokens of the corpus (SHA-256 of its ids \(hash.prefix(16))...). "
                + (unclosed ?? "Score this corpus, with the student's text side: remit-server score --tokenizer STUDENT")
        case .impossible(let path, let item, let expected, let got):
            "\(path), item \(item): expected \(expected), got \(got). No model gives that: score the corpus again"
        case .tooLarge(let path, let item, let element, let got):
            "\(path), item \(item): \(got) does not fit \(element): take --dtype f32"
        case .changed(let path, let what, let was, let now):
            "\(path) was begun with another \(what): it was \(was) and is now \(now). Give what it was begun with, or another --out"
        case .changedTokens(let path, let what, let planned, let got):
            "\(path) has another \(what) than when it was scored or planned: \(got) in place of \(planned). Give the file of then, or "
                + "begin anew"
        case .otherPlan(let path, let reason):
            "\(path): \(reason): it is of another plan. Give the results of this one, or an empty directory"
        case .inUse(let path): "\(path) is in use by another remit-server score"
        }
    }

    /// Makes a directory where there is none.
    ///
    /// - Throws: `ScoreFileError.unwritable`.
    package static func making(_ directory: String) throws {
        try writing(directory) { try Directory.create(directory) }
    }

    /// Keeps other processes out of a directory for as long as the lock lives.
    ///
    /// - Throws: `ScoreFileError.unwritable`, `.inUse`.
    package static func locked(_ directory: String) throws -> DirectoryLock {
        do throws(DirectoryLock.Failure) {
            return try DirectoryLock(directory)
        } catch .unwritable(let error) {
            throw ScoreFileError.unwritable(path: directory, reason: error.reason)
        } catch .inUse {
            throw ScoreFileError.inUse(path: directory)
        }
    }

    static func writing<Result: ~Copyable>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SystemError {
            throw ScoreFileError.unwritable(path: path, reason: error.reason)
        }
    }

    static func reading<Result: ~Copyable>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SystemError {
            throw ScoreFileError.unreadable(path: path, reason: error.reason)
        }
    }
}

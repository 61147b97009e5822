import Sequences

/// Why a side-car cannot be written, continued or used.
package enum SideCarError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A manifest that is not there, or that the system does not give.
    case unreadable(path: String, reason: String)
    /// A directory that cannot be made or locked.
    case unwritable(path: String, reason: String)
    /// A manifest, or a sound shard, that says what no scoring writes.
    case damaged(path: String, reason: String)
    /// A shard that is not the one that the manifest names.
    case damagedShard(path: String, reason: String)
    /// A damaged shard's segments, scored again, are not what was there.
    case notReproduced(path: String, expected: String, got: String)
    /// A directory that another process is writing.
    case inUse(path: String)
    /// A scoring that was stopped before its last segment.
    case incomplete(path: String, segments: Int, of: Int)
    /// A scoring is continued with something else than it was begun with.
    case changed(path: String, what: String, was: String, now: String)
    /// The corpus's files come in another order than when the side-car was begun; `segment` is the first that differs.
    case otherOrder(path: String, segment: Int)
    /// The run and the side-car do not belong together.
    case mismatch(path: String, what: String, sideCar: String, run: String, hint: String)
    /// A segment of the run's corpus, by the hash of its ids, that was not scored.
    case missingSegment(path: String, tokens: Int, hash: String)
    /// An engine elsewhere changed, or could not be looked at, while it scored the last shard; nothing of it was written.
    case notVouchedFor(path: String)
    /// A log-prob on disk that is NaN or infinite behind its segment's first token, found by a verification.
    case nonFinite(path: String, segment: Int, position: Int)
    /// A log-prob on disk that is above 0, found by a verification.
    case aboveZero(path: String, segment: Int, position: Int, got: Float)
    /// Found when the log-probs of a segment, named by the hash of its ids, were wanted.
    case impossibleLogProb(path: String, hash: String, LogProbFault)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)"
        case .damaged(let path, let reason): "\(path) is damaged: \(reason). Score the corpus again, into another --out"
        case .damagedShard(let path, let reason):
            "\(path) is not what was written there: \(reason). remit-trainer verify says what else of the side-car is damaged; the same "
                + "remit-server score command scores such shards again"
        case .notReproduced(let path, let expected, let got):
            "\(path) was damaged, and its segments scored again are not what the manifest says: SHA-256 \(got) in place of \(expected). "
                + "Score the corpus again, into another --out"
        case .inUse(let path): "\(path) is in use by another remit-server score"
        case .incomplete(let path, let segments, let all):
            "\(path) holds \(segments) of \(all) segments: finish it with the same remit-server score command"
        case .changed(let path, let what, let was, let now):
            "\(path) was begun with another \(what): it was \(was) and is now \(now). Give what it was begun with, or another --out"
        case .otherOrder(let path, let segment):
            "\(path): segment \(segment) of the corpus is not the one that was scored there: its files come in another order now. "
                + "Give them as before, or another --out"
        case .mismatch(let path, let what, let sideCar, let run, let hint):
            "\(path) was made for another \(what): it has \(sideCar), the run \(run). \(hint)"
        case .missingSegment(let path, let tokens, let hash):
            "\(path) has no log-probs for a segment of \(tokens) tokens of the corpus (SHA-256 of its ids \(hash.prefix(16))...). Score "
                + "this corpus, with the student's text side: remit-server score --tokenizer STUDENT"
        case .notVouchedFor(let path):
            "\(path): the engine changed, was started anew or went away before its canaries could be scored again. Nothing of the last "
                + "shard was written; the same remit-server score command goes on behind what is there"
        case .nonFinite(let path, let segment, let position):
            "\(path): segment \(segment), position \(position): the log-prob is not finite"
        case .aboveZero(let path, let segment, let position, let got):
            "\(path): segment \(segment), position \(position): the log-prob is \(got), expected at most 0"
        case .impossibleLogProb(let path, let hash, let fault):
            "\(path): the segment whose ids have SHA-256 \(hash.prefix(16))..., \(fault). No model gives that: remit-trainer verify "
                + "\(path) says which file is damaged; score the corpus again with remit-server score"
        }
    }
}

extension SideCarError {
    /// Whether the shard may be scored again.
    package var isNotVouchedFor: Bool { if case .notVouchedFor = self { true } else { false } }
}

import Sequences

/// What stops an annealing beside what stops any training. Nothing here is a bug of the program: each description says what to do.
package enum AnnealingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A step in which no token counts for the loss: its divisor would be 0.
    case nothingScored(step: Int)
    /// A step whose weights are all 0, where the loss is divided by their sum. Found before the update.
    case nothingWeighted(step: Int)
    /// A loss or a gradient norm that is infinite or NaN. Found before the update: student and moments are as the step before left
    /// them.
    case nonFinite(step: Int, what: String, value: String)
    /// A log-prob of the student that is infinite or NaN, at a position of a document of a window, each from 0 within the next;
    /// `beginning`: the document's first token ids. Found before the update.
    case nonFiniteLogProb(step: Int, window: Int, document: Int, position: Int, beginning: [Int32])
    /// A held-out loss that is infinite or NaN. The update of the step left parameters that are finite, and activations that overflow.
    case nonFiniteHeldOutLoss(step: Int)
    /// One of the three before, in a run; `lastGood`: step of its last checkpoint before that, which is finite; nil where there is none.
    case diverged(reason: String, lastGood: Int?)
    /// An answer for another number of tokens than the window has, or with another number of likeliest tokens than asked for.
    /// `window` counts from 0 within the step.
    case wrongTeacherAnswer(step: Int, window: Int, expected: Int, got: Int)
    /// A number where a teacher has none, or one that it cannot have.
    case impossibleLogProb(step: Int, window: Int, LogProbFault)
    /// A teacher of whom no server answers; what was done is saved by the annealer.
    case teacherAway(waited: Duration, reason: String)
    /// A server that answers what cannot be used, or with another model.
    case teacherUnusable(reason: String)

    /// Whether an answer was of no use, and nothing was trained on it.
    var isUnusableAnswer: Bool {
        switch self {
        case .teacherUnusable, .impossibleLogProb, .wrongTeacherAnswer: true
        case .nothingScored, .nothingWeighted, .nonFinite, .nonFiniteLogProb, .nonFiniteHeldOutLoss, .diverged,
            .teacherAway:
            false
        }
    }

    package var description: String {
        switch self {
        case .nothingScored(let step):
            "step \(step) has no scored token: every document of its windows is context or a single token"
        case .nothingWeighted(let step):
            "step \(step): every weight is 0, so --normalizer weights has nothing to divide by; use --normalizer tokens, or larger steps "
                + "(--batch-sequences)"
        case .nonFinite(let step, let what, let value):
            "step \(step): \(what) is \(value); stopped before the update"
        case .nonFiniteLogProb(let step, let window, let document, let position, let beginning):
            "step \(step): the student's log-prob of token \(position) of document \(document) of window \(window) is not finite (the "
                + "document begins with the token ids \(beginning.map(String.init).joined(separator: " "))); stopped before the update"
        case .nonFiniteHeldOutLoss(let step):
            "after step \(step) the held-out loss is not finite"
        case .diverged(let reason, let lastGood?):
            "\(reason). The checkpoint of step \(lastGood) is intact and finite: resume from it (--resume-from \(lastGood)) with a lower "
                + "--learning-rate and --allow-learning-rate-change, or look at the documents of the step"
        case .diverged(let reason, nil):
            "\(reason). There is no checkpoint before that: begin again with a lower --learning-rate, or look at the documents of the step"
        case .wrongTeacherAnswer(let step, let window, let expected, let got):
            "step \(step), window \(window): expected \(expected) teacher log-probs, got \(got)"
        case .impossibleLogProb(let step, let window, let fault):
            "step \(step), window \(window), \(fault). No model gives that: whatever answered for it is damaged or no teacher; "
                + "nothing was trained on it"
        case .teacherAway(let waited, let reason):
            "no server has answered for \(Int((waited / .seconds(1)).rounded())) s (\(reason)); what was done is saved: "
                + "--resume continues the run once a server is there. --on-outage wait or ntp goes on by itself"
        case .teacherUnusable(let reason):
            "\(reason). The steps before it are saved: --resume continues the run once that is mended"
        }
    }
}

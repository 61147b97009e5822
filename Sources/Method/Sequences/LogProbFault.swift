/// A value that stands where no such log-prob can: it would weigh a token wrongly and nobody would see it.
///
/// The log-prob of a token is a finite number of at most 0 (0 and -0 are a certainty's), and NaN at a document's first token, which
/// nothing predicts: a number there belongs to another token, or to another cut. No tolerance above 0: a log-softmax cannot round
/// there, since the target's logit is at most the largest and the sum of exponentials below the largest at least 1. What is above 0
/// is a loss, a probability, another file's bytes.
package struct LogProbFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Place of the value among those that were checked, from 0.
    package let position: Int
    /// The value that stands there.
    package let got: Float
    /// Whether the place is a document's first token, where only NaN may stand.
    package let isFirstOfDocument: Bool

    /// The first fault in the log-probs of one segment; nil where there is none.
    package init?(ofSegment values: ArraySlice<Float>) { self.init(in: values, documents: Spans(whole: values.count)) }

    /// The first fault in `values`, one a token of the documents; nil where there is none.
    package init?(in values: ArraySlice<Float>, documents: Spans) {
        var starts = documents.starts.makeIterator()
        var nextStart = starts.next()
        for (position, value) in values.enumerated() {
            let isFirst = position == nextStart
            if isFirst { nextStart = starts.next() }
            guard isFirst ? value.isNaN : Self.isLogProb(value) else {
                (self.position, got, isFirstOfDocument) = (position, value, isFirst)
                return
            }
        }
        return nil
    }

    /// The first fault among the values at scored positions, those where `scored` is true; nil where there is none. What stands
    /// elsewhere, NaN or a number, is not looked at.
    package init?(in values: ArraySlice<Float>, scored: [Bool]) {
        for (position, (value, isScored)) in zip(values, scored).enumerated() where isScored && !Self.isLogProb(value) {
            (self.position, got, isFirstOfDocument) = (position, value, false)
            return
        }
        return nil
    }

    private static func isLogProb(_ value: Float) -> Bool { value <= 0 && value.isFinite }

    /// What would have been right at this place, in words for a message.
    package var expected: String {
        isFirstOfDocument
            ? "none (NaN), as nothing predicts a document's first token" : "a finite log-prob of at most 0"
    }

    package var description: String { "position \(position): expected \(expected), got \(got)" }
}

/// A value that stands where no such log-prob can: it would weigh a token wrongly and nobody would see it.
///
/// The log-prob of a token is a finite number of at most 0 (0 and -0 are a certainty's), and NaN at a document's first token, which
/// nothing predicts: a number there belongs to another token, or to another cut. No tolerance above 0: a log-softmax cannot round
/// there, since the target's logit is at most the largest and the sum of exponentials below the largest at least 1. What is above 0
/// is a loss, a probability, another file's bytes.
package struct LogProbFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Counts from 0.
    package let position: Int
    package let got: Float
    package let isFirstOfDocument: Bool

    /// The first one in the log-probs of one segment; nil where there is none.
    package init?(ofSegment values: ArraySlice<Float>) { self.init(in: values, documents: Spans(whole: values.count)) }

    /// The first one in `values`, one a token of the documents; nil where there is none.
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

    /// The first one among those that are read, `scored` of each being whether it is; nil where there is none.
    package init?(in values: ArraySlice<Float>, scored: [Bool]) {
        for (position, (value, isScored)) in zip(values, scored).enumerated() where isScored && !Self.isLogProb(value) {
            (self.position, got, isFirstOfDocument) = (position, value, false)
            return
        }
        return nil
    }

    private static func isLogProb(_ value: Float) -> Bool { value <= 0 && value.isFinite }

    package var expected: String {
        isFirstOfDocument
            ? "none (NaN), as nothing predicts a document's first token" : "a finite log-prob of at most 0"
    }

    package var description: String { "position \(position): expected \(expected), got \(got)" }
}

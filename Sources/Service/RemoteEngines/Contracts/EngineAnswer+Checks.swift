import Foundation
import Sequences

extension EngineAnswer {
    /// What the exponentials of likeliest tokens may sum to above 1, by rounding: far less than any logit makes of it.
    private static let slack = 0.01
    /// What vLLM (0.32) writes for -inf, which is no number in JSON. No model gives just this.
    private static let minusInfinity: Float = -9999

    /// The scores of the segment, once it is known that they can be.
    ///
    /// - Throws: `AnswerFault`.
    func scores(of asked: [Int32], topK: Int) throws(AnswerFault) -> TokenScores {
        if let tokenIDs { try check(tokenIDs, asked) }
        guard logProbs.count == asked.count else {
            throw AnswerFault("\(logProbs.count) log-probs for \(asked.count) tokens")
        }
        for (position, value) in logProbs.enumerated() {
            guard position > 0 else {
                guard value.isNaN else { throw AnswerFault("log-prob \(value) at position 0, which nothing predicts") }
                continue
            }
            guard !value.isNaN else { throw AnswerFault("no log-prob at position \(position)") }
            if let fault = Self.fault(value) { throw AnswerFault("log-prob \(value) at position \(position)\(fault)") }
        }
        return TokenScores(logProbs: logProbs, top: topK > 0 ? try rows(topK) : nil)
    }

    /// What is wrong with a value, to stand behind it; nil where it is a log-prob.
    private static func fault(_ value: Float) -> String? {
        guard value != minusInfinity else { return ", which vLLM writes for -inf" }
        return value.isFinite && value <= 0 ? nil : ": expected a finite one of at most 0"
    }

    private func check(_ echoed: [Int32], _ asked: [Int32]) throws(AnswerFault) {
        guard echoed != asked else { return }
        guard echoed.count == asked.count else {
            throw AnswerFault("it scored \(echoed.count) tokens, asked were \(asked.count)")
        }
        let position = zip(echoed, asked).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
        throw AnswerFault("it scored id \(echoed[position]) at position \(position), asked was \(asked[position])")
    }

    /// In falling order, of equal ones the lower id first.
    private func rows(_ k: Int) throws(AnswerFault) -> TopLogProbs {
        guard top.count == logProbs.count else {
            throw AnswerFault("likeliest tokens at \(top.count) positions of \(logProbs.count)")
        }
        var rows = TopLogProbs(unpredicted: 0, k: k)
        for (position, row) in top.enumerated() {
            guard position > 0 else {
                rows.append(TopLogProbs(unpredicted: 1, k: k))
                continue
            }
            let likeliest = row.sorted { ($1.logProb, $0.id) < ($0.logProb, $1.id) }.prefix(k)
            guard likeliest.count == k, Set(likeliest.map(\.id)).count == k else {
                throw AnswerFault("\(likeliest.count) likeliest tokens at position \(position), asked were \(k)")
            }
            guard likeliest.allSatisfy({ $0.id >= 0 }) else {
                throw AnswerFault("a likeliest token at position \(position) has an id below 0")
            }
            // One of probability 0 is none of the likeliest: a row has as many as were asked for, or it is not taken.
            for token in likeliest {
                guard let fault = Self.fault(token.logProb) else { continue }
                throw AnswerFault("log-prob \(token.logProb) of a likeliest token at position \(position)\(fault)")
            }
            let sum = likeliest.reduce(0.0) { $0 + exp(Double($1.logProb)) }
            guard sum <= 1 + Self.slack else {
                throw AnswerFault(
                    "the \(k) likeliest tokens at position \(position) have probabilities of \(sum) together: does the engine give "
                        + "logits?")
            }
            rows.append(TopLogProbs(k: k, tokenIDs: likeliest.map(\.id), logProbs: likeliest.map(\.logProb)))
        }
        return rows
    }
}

/// Bytes of an answer that are taken, by what was asked: more is no answer to it.
enum AnswerSize {
    private static let base = 64 << 10
    /// Of the ids' echo.
    private static let bytesPerToken = 32
    /// Of a token with its log-prob, its rank and its text, which may be long.
    private static let bytesPerEntry = 352

    static func limit(tokens: Int, topK: Int) -> Int {
        base + tokens * (bytesPerToken + (1 + topK) * bytesPerEntry)
    }
}

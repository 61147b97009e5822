import Foundation
import JSONValues

/// The k likeliest tokens at each position of an answer: row t is the distribution that predicts token t.
///
/// In JSON `topk_token_ids` and `topk_logprobs` are an array a token, null at document starts, which nothing predicts. In safetensors
/// they are I32 and F32 [N, k], with -1 and NaN there.
package struct TopTokens: Equatable, Sendable {
    /// Most by which the probabilities of one row may exceed 1: each is that of a rounded 32-bit log-prob.
    package static let sumTolerance = 1e-3

    /// Number of tokens in each row.
    package var k: Int
    /// Ids of the likeliest tokens, the likeliest first; -1 where nothing predicts the token.
    package var tokenIDs: [Int32]  // [N, k]
    /// Natural log-probs of the likeliest tokens; NaN where nothing predicts the token.
    package var logProbs: [Float]  // [N, k], each row in falling order

    package init(k: Int, tokenIDs: [Int32], logProbs: [Float]) {
        self.k = k
        self.tokenIDs = tokenIDs
        self.logProbs = logProbs
    }

    /// N, the number of rows: one a token of the answer, those that nothing predicts included.
    package var tokenCount: Int { k > 0 ? tokenIDs.count / k : 0 }

    /// Checks, as a client does, that every row is part of a distribution. Rows of tokens that nothing predicts, those with a log-prob
    /// of NaN, are -1 and NaN throughout; in others ids are different and within the vocabulary, log-probs finite, at most 0 and in
    /// falling order, and their probabilities add up to no more than 1, within `sumTolerance`.
    ///
    /// - Parameters:
    ///   - teacherLogProbs: of the answer's tokens. [N]
    ///   - vocabularySize: nil where it is not known.
    /// - Throws: `WireError.invalidTensor`, which names the first row that is not.
    package func check(teacherLogProbs: [Float], vocabularySize: Int? = nil) throws {
        guard k > 0, tokenIDs.count == teacherLogProbs.count * k, logProbs.count == tokenIDs.count else {
            throw WireError.invalidTensor(
                name: "topk_token_ids, topk_logprobs", expected: "\(k) a token of \(teacherLogProbs.count)",
                got: "\(tokenIDs.count) and \(logProbs.count)")
        }
        for (token, logProb) in teacherLogProbs.enumerated() {
            let row = token * k..<(token + 1) * k
            if logProb.isNaN { try checkEmpty(row, token) } else { try checkRow(row, token, vocabularySize) }
        }
    }

    private func checkEmpty(_ row: Range<Int>, _ token: Int) throws {
        guard tokenIDs[row].allSatisfy({ $0 == -1 }), logProbs[row].allSatisfy(\.isNaN) else {
            throw Self.invalid("topk_token_ids", token, "none where no log-prob is", "\(tokenIDs[row.lowerBound])")
        }
    }

    private func checkRow(_ row: Range<Int>, _ token: Int, _ vocabularySize: Int?) throws {
        let ids = tokenIDs[row]
        let limit = Int32(clamping: vocabularySize ?? Int(Int32.max))
        if let wrong = ids.first(where: { $0 < 0 || $0 >= limit }) {
            throw Self.invalid("topk_token_ids", token, "ids from 0 to \(limit - 1)", "\(wrong)")
        }
        guard Set(ids).count == k else { throw Self.invalid("topk_token_ids", token, "\(k) different ids", "\(ids)") }
        var (sum, last) = (0.0, Float(0))
        for value in logProbs[row] {
            guard value.isFinite, value <= last else {
                throw Self.invalid("topk_logprobs", token, "finite numbers up to 0 in falling order", "\(value)")
            }
            sum += exp(Double(value))
            last = value
        }
        guard sum <= 1 + Self.sumTolerance else {
            throw Self.invalid("topk_logprobs", token, "probabilities that add up to at most 1", "\(sum)")
        }
    }

    private static func invalid(_ name: String, _ token: Int, _ expected: String, _ got: String) -> WireError {
        .invalidTensor(name: "\(name)[\(token)]", expected: expected, got: got.shortened(toBytes: 80))
    }
}

extension TopTokens {
    func write(to writer: inout JSONWriter) {
        writer.key("topk_token_ids")
        rows(&writer, of: tokenIDs) { $0.write($1) }
        writer.key("topk_logprobs")
        rows(&writer, of: logProbs) { $0.write($1) }
    }

    /// Writes an array of k values for each token, null where nothing is predicted.
    private func rows<Value>(
        _ writer: inout JSONWriter, of values: [Value], _ write: (inout JSONWriter, Value) -> Void
    ) {
        writer.array { writer in
            for token in 0..<tokenCount {
                let row = token * k..<(token + 1) * k
                writer.element()
                guard tokenIDs[row.lowerBound] >= 0 else {
                    writer.write(JSONValue.null)
                    continue
                }
                writer.array { writer in
                    for value in values[row] {
                        writer.element()
                        write(&writer, value)
                    }
                }
            }
        }
    }

    /// Rows of length k where all are empty: JSON does not say how long the rows of an input are that has none.
    func ofLength(_ k: Int) -> TopTokens {
        guard tokenIDs.allSatisfy({ $0 == -1 }), k > 0 else { return self }
        return TopTokens(
            k: k, tokenIDs: [Int32](repeating: -1, count: tokenCount * k),
            logProbs: [Float](repeating: .nan, count: tokenCount * k))
    }

    /// Joins what JSON says row by row. nil where the rows are not all of one length, none of them empty.
    init?(tokenIDs: [[Int32]?], logProbs: [[Float]?]) {
        guard let k = tokenIDs.lazy.compactMap(\.?.count).first ?? (tokenIDs.isEmpty ? nil : 1), k > 0,
            tokenIDs.count == logProbs.count, tokenIDs.allSatisfy({ $0.map { $0.count == k } ?? true }),
            zip(tokenIDs, logProbs).allSatisfy({ $0?.count == $1?.count })
        else { return nil }
        self.init(
            k: k, tokenIDs: tokenIDs.flatMap { $0 ?? [Int32](repeating: -1, count: k) },
            logProbs: logProbs.flatMap { $0 ?? [Float](repeating: .nan, count: k) })
    }
}

extension JSONReader {
    mutating func rowsOrNulls<Element>(
        _ row: (inout JSONReader) throws -> [Element]
    ) throws -> [[Element]?] {
        var rows: [[Element]?] = []
        try array { reader, _ in rows.append(try reader.takeNull() ? nil : try row(&reader)) }
        return rows
    }
}

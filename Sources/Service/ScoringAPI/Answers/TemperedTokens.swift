import JSONValues
import Sequences

/// Numbers of the whole distributions that predict an answer's tokens, as its `TemperedChoice` asks for them.
///
/// In JSON `teacher_entropy` is an array of N numbers, `logsumexp` and `tempered_entropy` one such array for each of `temperatures`, null at
/// document starts, which nothing predicts. In safetensors they are F32 [N] and [temperatures, N], with NaN there.
package struct TemperedTokens: Equatable, Sendable {
    /// Entropy at temperature 1 in nats; nil where it was not asked for.
    package var entropy: [Float]?  // [N]
    /// At each temperature T asked for, the log-sum-exp of all log-probs divided by T: log p_T(v) = log p(v) / T - logsumexp.
    package var logSumExps: [[Float]]  // [temperatures][N]
    /// Entropy at each temperature asked for, in nats.
    package var entropies: [[Float]]  // [temperatures][N]

    static let (entropyField, logSumExpField, entropiesField) = ("teacher_entropy", "logsumexp", "tempered_entropy")

    package init(entropy: [Float]? = nil, logSumExps: [[Float]] = [], entropies: [[Float]] = []) {
        self.entropy = entropy
        self.logSumExps = logSumExps
        self.entropies = entropies
    }

    /// What is asked for of what an engine gave, which is all of `choice.computed`.
    package init(_ scores: [TemperedScores], _ choice: TemperedChoice) {
        func at(_ temperature: Double) -> TemperedScores? { scores.first { $0.temperature == temperature } }
        self.init(
            entropy: choice.entropy ? at(1)?.entropies : nil,
            logSumExps: choice.temperatures.compactMap { at($0)?.logSumExps },
            entropies: choice.temperatures.compactMap { at($0)?.entropies })
    }

    /// Several inputs' numbers, one behind the other, all of one choice.
    init(joining parts: [TemperedTokens]) {
        func joined(_ lists: (TemperedTokens) -> [[Float]]) -> [[Float]] {
            (parts.first.map(lists) ?? []).indices.map { index in parts.flatMap { lists($0)[index] } }
        }
        self.init(
            entropy: parts.first?.entropy == nil ? nil : parts.flatMap { $0.entropy ?? [] },
            logSumExps: joined(\.logSumExps), entropies: joined(\.entropies))
    }

    /// Checks, as a client does, that the numbers are those of `choice`, one a token, and such as distributions have: finite, entropies not
    /// negative, and none where there is no log-prob.
    ///
    /// - Parameter teacherLogProbs: of the answer's tokens. [N]
    /// - Throws: `WireError.invalidTensor`, which names the first position that is not.
    package func check(_ choice: TemperedChoice, teacherLogProbs: [Float]) throws {
        let count = choice.temperatures.count
        guard (entropy != nil) == choice.entropy, logSumExps.count == count, entropies.count == count else {
            throw WireError.invalidTensor(
                name: "\(Self.entropyField), \(Self.logSumExpField), \(Self.entropiesField)",
                expected: "\(choice.entropy ? "the entropy" : "no entropy") and \(count) temperatures, as asked for",
                got: "\(entropy == nil ? "no entropy" : "the entropy"), \(logSumExps.count) and \(entropies.count)")
        }
        for values in [entropy].compactMap(\.self) { try check(values, Self.entropyField, least: 0, teacherLogProbs) }
        for values in logSumExps { try check(values, Self.logSumExpField, least: -.infinity, teacherLogProbs) }
        for values in entropies { try check(values, Self.entropiesField, least: 0, teacherLogProbs) }
    }

    private func check(_ values: [Float], _ name: String, least: Float, _ logProbs: [Float]) throws {
        guard values.count == logProbs.count else {
            throw WireError.invalidTensor(name: name, expected: "\(logProbs.count) values", got: "\(values.count)")
        }
        for (token, (value, logProb)) in zip(values, logProbs).enumerated() {
            guard logProb.isNaN ? value.isNaN : value.isFinite && value >= least else {
                throw WireError.invalidTensor(
                    name: "\(name)[\(token)]",
                    expected: logProb.isNaN
                        ? "none where no log-prob is" : "a finite number\(least == 0 ? " of at least 0" : "")",
                    got: "\(value)")
            }
        }
    }
}

extension TemperedTokens {
    func write(to writer: inout JSONWriter) {
        if let entropy { writer.field(Self.entropyField, entropy) }
        for (name, lists) in [(Self.logSumExpField, logSumExps), (Self.entropiesField, entropies)] where !lists.isEmpty
        {
            writer.key(name)
            writer.array { writer in
                for values in lists {
                    writer.element()
                    writer.array { writer in
                        for value in values {
                            writer.element()
                            writer.write(value)
                        }
                    }
                }
            }
        }
    }

    /// Reads the value of a member of a result; false where `key` is none of these.
    mutating func take(_ key: String, _ reader: inout JSONReader) throws -> Bool {
        switch key {
        case Self.entropyField: entropy = try reader.floatsOrNulls()
        case Self.logSumExpField: logSumExps = try reader.listsOfFloatsOrNulls()
        case Self.entropiesField: entropies = try reader.listsOfFloatsOrNulls()
        default: return false
        }
        return true
    }
}

extension JSONReader {
    fileprivate mutating func listsOfFloatsOrNulls() throws -> [[Float]] {
        var lists: [[Float]] = []
        try array { reader, _ in lists.append(try reader.floatsOrNulls()) }
        return lists
    }
}

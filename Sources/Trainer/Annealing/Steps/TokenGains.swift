/// How much loss weight one token of the vocabulary gained (or lost) in a step: the sum of w - 1 over its scored occurrences.
///
/// In the log an array: id, occurrences, gain.
package struct TokenGain: Sendable, Equatable {
    /// Id in the student's vocabulary.
    package var tokenID: Int32
    /// How often the token was scored in the step.
    package var occurrences: Int
    /// Sum of w - 1 over the token's scored occurrences: above 0 where it gained loss weight, below where it lost.
    package var gain: Float

    package init(tokenID: Int32, occurrences: Int, gain: Float) {
        self.tokenID = tokenID
        self.occurrences = occurrences
        self.gain = gain
    }
}

extension TokenGain: Codable {
    package init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        tokenID = try values.decode(Int32.self)
        occurrences = try values.decode(Int.self)
        gain = try values.decode(Float.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.unkeyedContainer()
        try values.encode(tokenID)
        try values.encode(occurrences)
        try values.encode(gain)
    }
}

/// The gains of all tokens of a step, of which the log keeps the extremes.
struct TokenGains: Sendable {
    /// How many tokens are kept of each end.
    static let kept = 8

    private var gains: [Int32: (occurrences: Int, gain: Double)] = [:]

    mutating func add(_ tokenID: Int32, weight: Float) {
        let known = gains[tokenID] ?? (0, 0)
        gains[tokenID] = (known.occurrences + 1, known.gain + (Double(weight) - 1))
    }

    /// Tokens that gained loss weight, the most first; equal ones by id, so that a run's log is a function of the run.
    var most: [TokenGain] {
        extremes {
            $0 > 0
        } by: {
            $0 > $1
        }
    }

    /// Tokens that lost loss weight, the most first; equal ones by id, so that a run's log is a function of the run.
    var least: [TokenGain] {
        extremes {
            $0 < 0
        } by: {
            $0 < $1
        }
    }

    private func extremes(_ wanted: (Double) -> Bool, by precedes: (Double, Double) -> Bool) -> [TokenGain] {
        gains.filter { wanted($0.value.gain) }
            .sorted { $0.value.gain == $1.value.gain ? $0.key < $1.key : precedes($0.value.gain, $1.value.gain) }
            .prefix(Self.kept)
            .map { TokenGain(tokenID: $0.key, occurrences: $0.value.occurrences, gain: Float($0.value.gain)) }
    }
}

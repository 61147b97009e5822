import JSONValues
import Sequences

/// Which numbers of the teacher's whole distributions a request to /v1/logprobs asks for: `entropy` and `temperatures`.
package struct TemperedChoice: Equatable, Sendable {
    /// Whether the entropy at temperature 1 is wanted.
    package var entropy: Bool
    /// Temperatures at which normalizer and entropy are wanted, all different.
    package var temperatures: [Double]

    package init(entropy: Bool = false, temperatures: [Double] = []) {
        self.entropy = entropy
        self.temperatures = temperatures
    }

    /// Most temperatures of a request; the engine may have to compute 1 beside them.
    package static let maxTemperatures = TemperedScores.maxCount - 1

    static let (entropyField, temperaturesField) = ("entropy", "temperatures")
    static let fields = [entropyField, temperaturesField]

    /// Whether nothing is asked for.
    package var isEmpty: Bool { !entropy && temperatures.isEmpty }

    /// Temperatures that the engine computes, 1 among them where its entropy is wanted.
    package var computed: [Double] { (entropy && !temperatures.contains(1) ? [1] : []) + temperatures }

    /// Reads the value of a member of this choice; false where `key` is none of them.
    mutating func take(_ key: String, _ reader: inout JSONReader) throws -> Bool {
        switch key {
        case Self.entropyField: entropy = try reader.bool()
        case Self.temperaturesField: temperatures = try reader.temperatures()
        default: return false
        }
        return true
    }

    func write(to writer: inout JSONWriter) {
        if entropy { writer.field(Self.entropyField, true) }
        guard !temperatures.isEmpty else { return }
        writer.key(Self.temperaturesField)
        writer.write(temperaturesValue)
    }

    /// The members as `__metadata__` has them: each value's JSON text.
    var members: [(String, String)] {
        (entropy ? [(Self.entropyField, "true")] : [])
            + (temperatures.isEmpty
                ? [] : [(Self.temperaturesField, String(decoding: temperaturesValue.compact, as: UTF8.self))])
    }

    private var temperaturesValue: JSONValue { .array(temperatures.map { .number($0) }) }
}

extension JSONReader {
    fileprivate mutating func temperatures() throws -> [Double] {
        var values: [Double] = []
        let (range, most) = (TemperedScores.temperatures, TemperedChoice.maxTemperatures)
        try array { reader, _ in
            let value = try reader.double()
            guard range.contains(value) else {
                throw reader.invalid(expected: "a temperature from \(range.lowerBound) to 100", got: "\(value)")
            }
            guard !values.contains(value) else { throw reader.invalid(expected: "each once", got: "\(value) twice") }
            guard values.count < most else {
                throw reader.invalid(expected: "at most \(most) temperatures", got: "more")
            }
            values.append(value)
        }
        return values
    }
}

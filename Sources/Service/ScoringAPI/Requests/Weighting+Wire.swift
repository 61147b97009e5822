import JSONValues
import TokenWeights

/// The choice of a weighting as a request asks for it and an answer repeats it. Names and ranges are checked by what computes the weights.
extension Weighting {
    static let nameField = "weighting"

    /// Members of a request that choose a weighting.
    package static var fields: [String] { [nameField] + WeightingOption.all.map(\.name) }

    /// Whether the value of a field of `fields` is a number.
    static func isNumber(_ field: String) -> Bool { WeightingOption.all.contains { $0.name == field && $0.isNumber } }

    /// True where the field was one of these; its value is consumed then.
    mutating func take(_ key: String, _ reader: inout JSONReader) throws -> Bool {
        if key == Self.nameField {
            name = try reader.string()
            return true
        }
        guard let option = WeightingOption.all.first(where: { $0.name == key }) else { return false }
        let value: WeightingOption.Value = option.isNumber ? .number(try reader.double()) : .word(try reader.string())
        guard option.set(&self, value) else {
            throw reader.invalid(expected: option.expected, got: value.text.shortened(toBytes: 80))
        }
        return true
    }

    func write(to writer: inout JSONWriter) {
        writer.field(Self.nameField, name)
        for option in WeightingOption.all where option.isSaid(of: self) {
            switch option.value(self) {
            case .number(let value): writer.field(option.name, value)
            case .word(let word): writer.field(option.name, word)
            }
        }
    }

    /// As strings, for `__metadata__`.
    package var members: [(String, String)] {
        [(Self.nameField, name)]
            + WeightingOption.all.filter { $0.isSaid(of: self) }.map { ($0.name, $0.value(self).text) }
    }
}

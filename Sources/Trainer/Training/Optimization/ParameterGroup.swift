/// Parameters, by their names, with a learning rate or a weight decay of their own: a group of torch.optim. Written, on the command line
/// and in checkpoints, as `*norm* model.embed_tokens.weight learning-rate=0.1x weight-decay=0`.
package struct ParameterGroup: Sendable, Equatable {
    private static let (rateKey, decayKey) = ("learning-rate", "weight-decay")
    private static let numbers = 0.0...1000.0

    /// Names, or patterns of names in which `*` stands for any characters; at least one.
    package var patterns: [String] { names.map(\.text) }
    /// Factor of the run's learning rate, at every step; 1: the rate itself, 0: the parameters stay as they are.
    package let learningRateFactor: Double
    /// Decoupled weight decay of all of the group's parameters, norms, biases and embeddings among them; nil: as it is without the group.
    package let weightDecay: Double?
    private let names: [NamePattern]

    /// Reads a group as it is written.
    ///
    /// - Throws: `TrainingError.badOption` for a group without a pattern or a setting, for an unknown or repeated setting, and for a
    ///   number that is out of range.
    package init(parsing text: String) throws {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        var settings: [String: String] = [:]
        for word in words {
            guard let equals = word.firstIndex(of: "=") else { continue }
            let key = String(word[..<equals])
            guard [Self.rateKey, Self.decayKey].contains(key) else {
                throw Self.bad(text, "learning-rate= or weight-decay=, not \(key)=")
            }
            guard settings.updateValue(String(word[word.index(after: equals)...]), forKey: key) == nil else {
                throw Self.bad(text, "\(key) once")
            }
        }
        names = words.filter { !$0.contains("=") }.map(NamePattern.init)
        guard !names.isEmpty else { throw Self.bad(text, "a parameter's name or a pattern of names, such as *norm*") }
        guard !settings.isEmpty else {
            throw Self.bad(text, "learning-rate=0.1x, weight-decay=0 or both behind the names")
        }
        let (rate, decay) = (settings[Self.rateKey], settings[Self.decayKey])
        learningRateFactor = try rate.map { try Self.factor($0, text) } ?? 1
        weightDecay = try decay.map { try Self.decay($0, text) }
    }

    /// Whether a parameter of this name is in the group.
    package func contains(_ name: String) -> Bool { names.contains { $0.matches(name) } }

    /// Patterns that none of the names matches.
    func unmatched(among all: [String]) -> [String] {
        names.filter { name in !all.contains(where: name.matches) }.map(\.text)
    }

    private static func factor(_ value: String, _ text: String) throws -> Double {
        guard value.last == "x", let factor = number(value.dropLast()) else {
            throw bad(text, "a factor of the run's rate from 0x to 1000x for learning-rate, such as 0.1x")
        }
        return factor
    }

    private static func decay(_ value: String, _ text: String) throws -> Double {
        guard let decay = number(value[...]) else { throw bad(text, "a number from 0 to 1000 for weight-decay") }
        return decay
    }

    private static func number(_ text: Substring) -> Double? {
        Double(text).flatMap { numbers.contains($0) ? $0 : nil }
    }

    private static func bad(_ text: String, _ expected: String) -> TrainingError {
        .badOption("parameter-group", value: "'\(text)'", expected: expected)
    }
}

extension ParameterGroup: CustomStringConvertible {
    /// The group as it is written: equal groups give equal texts.
    package var description: String {
        (patterns + ["\(Self.rateKey)=\(learningRateFactor)x"] + (weightDecay.map { ["\(Self.decayKey)=\($0)"] } ?? []))
            .joined(separator: " ")
    }
}

extension ParameterGroup: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// An option of a weighting as requests and answers carry it. A new one is a property of `Weighting`, and a line in `all`.
package struct WeightingOption: Sendable {
    package enum Value: Equatable, Sendable {
        case number(Double)
        case word(String)

        package var text: String {
            switch self {
            case .number(let value): value.description
            case .word(let word): word
            }
        }
    }

    /// Its field in a request.
    package let name: String
    /// What its field may hold, for errors.
    package let expected: String
    package let isNumber: Bool
    package let value: @Sendable (Weighting) -> Value
    /// False where it can have no such value; a number is taken as it is, and checked with the others.
    package let set: @Sendable (inout Weighting, Value) -> Bool
    /// The weightings whose answers say it; nil for all.
    private let users: Set<String>?

    /// Whether an answer by this choice says the option.
    package func isSaid(of weighting: Weighting) -> Bool { users?.contains(weighting.name) ?? true }

    package static let all = [
        number("epsilon", get: { $0.epsilon }, set: { $0.epsilon = $1 }),
        word("centering", get: { $0.centering }, set: { $0.centering = $1 }),
        number("keep_fraction", of: [Rho1.name], get: { $0.keepFraction }, set: { $0.keepFraction = $1 }),
    ]

    private static func number(
        _ name: String, of users: Set<String>? = nil, get: @escaping @Sendable (Weighting) -> Double,
        set: @escaping @Sendable (inout Weighting, Double) -> Void
    ) -> WeightingOption {
        WeightingOption(
            name: name, expected: "a number", isNumber: true, value: { .number(get($0)) },
            set: { weighting, value in
                guard case .number(let number) = value else { return false }
                set(&weighting, number)
                return true
            }, users: users)
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, of users: Set<String>? = nil, get: @escaping @Sendable (Weighting) -> Word,
        set: @escaping @Sendable (inout Weighting, Word) -> Void
    ) -> WeightingOption {
        WeightingOption(
            name: name, expected: Word.allCases.map(\.rawValue).joined(separator: " or "), isNumber: false,
            value: { .word(get($0).rawValue) },
            set: { weighting, value in
                guard case .word(let word) = value, let known = Word(rawValue: word) else { return false }
                set(&weighting, known)
                return true
            }, users: users)
    }
}

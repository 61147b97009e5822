import JSONValues

/// A parameter of sampling, with the values that are taken of it: those that leave a prompt's log-probs and the likeliest token behind it
/// what they are. Any other value is refused, since nothing here could follow it.
struct SamplingParameter: Sendable {
    let name: String
    /// Reads a value; returns it with what was expected where it is not one of those.
    private let refusal: @Sendable (inout JSONReader) throws -> (expected: String, got: String)?

    /// Whether the key is one of these. Its value is consumed then; null stands for none.
    ///
    /// - Throws: `JSONError` where the value is not taken.
    static func take(_ key: String, _ reader: inout JSONReader) throws -> Bool {
        guard let parameter = all.first(where: { $0.name == key }) else { return false }
        if try reader.takeNull() { return true }
        if let (expected, got) = try parameter.refusal(&reader) { throw reader.invalid(expected: expected, got: got) }
        return true
    }

    static let all: [SamplingParameter] = [
        .number("top_p", "a number above 0 and at most 1") { $0 > 0 && $0 <= 1 },
        .number("min_p", "a number from 0 to 1") { (0...1).contains($0) },
        .number("presence_penalty", "0") { $0 == 0 }, .number("frequency_penalty", "0") { $0 == 0 },
        .number("repetition_penalty", "1") { $0 == 1 },
        .integer("top_k", "-1 or more") { $0 >= -1 }, .integer("seed", "an integer") { _ in true },
        .integer("n", "1") { $0 == 1 }, .integer("best_of", "1") { $0 == 1 },
        .integer("min_tokens", "0: with more, a token that ends texts may not be given") { $0 == 0 },
        .flag("stream", "false") { !$0 }, .flag("ignore_eos", "true or false") { _ in true },
        .text("user"), .nothing("stop"), .nothing("logit_bias"), .nothing("suffix"), .nothing("stream_options"),
        .nothing("truncate_prompt_tokens"),
    ]

    private static func number(
        _ name: String, _ expected: String, _ isTaken: @escaping @Sendable (Double) -> Bool
    ) -> SamplingParameter {
        SamplingParameter(name: name) { reader in
            let value = try reader.double()
            return isTaken(value) ? nil : (expected, "\(value)")
        }
    }

    private static func integer(
        _ name: String, _ expected: String, _ isTaken: @escaping @Sendable (Int) -> Bool
    ) -> SamplingParameter {
        SamplingParameter(name: name) { reader in
            let value = try reader.int()
            return isTaken(value) ? nil : (expected, "\(value)")
        }
    }

    private static func flag(
        _ name: String, _ expected: String, _ isTaken: @escaping @Sendable (Bool) -> Bool
    ) -> SamplingParameter {
        SamplingParameter(name: name) { reader in
            let value = try reader.bool()
            return isTaken(value) ? nil : (expected, "\(value)")
        }
    }

    private static func text(_ name: String) -> SamplingParameter {
        SamplingParameter(name: name) { reader in
            _ = try reader.string()
            return nil
        }
    }

    /// One that may be there and empty: null, an empty array, object or text. Whatever else is there is passed over, and nothing of it kept.
    private static func nothing(_ name: String) -> SamplingParameter {
        SamplingParameter(name: name) { reader in
            var isNothing = true
            switch try reader.peek() {
            case .array: isNothing = try reader.array { reader, _ in _ = try reader.skip() } == 0
            case .object:
                try reader.members { reader, _ in
                    isNothing = false
                    _ = try reader.skip()
                }
            case .string: isNothing = try reader.string().isEmpty
            case .null, .boolean, .number:
                isNothing = false
                try reader.skip()
            }
            return isNothing ? nil : ("null or nothing in it", "something")
        }
    }
}

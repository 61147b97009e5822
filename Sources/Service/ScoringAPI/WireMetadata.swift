import JSONValues
import TokenWeights

/// Options of a request in `__metadata__`: each under its JSON name, its value written as a string. A fingerprint or a name is
/// the string itself; a number or a boolean is its JSON text.
struct WireMetadata {
    private static let path = "__metadata__"
    /// Members that savers put there of their own accord.
    private static let ignorable: Set<String> = ["format"]

    var choice = Weighting()
    var pins = ModelPins()
    var addSpecialTokens = true
    var returnTokens: Bool?
    var topK = 0
    var tempered = TemperedChoice()

    /// Reads the options as a server does: an unknown member is an error. Throws `WireError`.
    init(_ metadata: [String: String], for route: ScoreRoute) throws {
        for (key, text) in metadata.sorted(by: { $0.key < $1.key }) where !Self.ignorable.contains(key) {
            do {
                try Self.read(key, text) { try take(key, &$0, for: route) }
            } catch let error as JSONError {
                throw WireError.invalidTensor(
                    name: "\(Self.path).\(key.shortened(toBytes: 80))", expected: Self.expectation(error),
                    got: text.shortened(toBytes: 80))
            }
        }
    }

    private mutating func take(_ key: String, _ reader: inout JSONReader, for route: ScoreRoute) throws {
        switch key {
        case "add_special_tokens": addSpecialTokens = try reader.bool()
        case "return_tokens": returnTokens = try reader.bool()
        case ScoreRequest.topKField where route == .logProbs: topK = try reader.count()
        default:
            if try pins.take(key, &reader) { return }
            if route == .weights, try choice.take(key, &reader) { return }
            if route == .logProbs, try tempered.take(key, &reader) { return }
            let known = ScoreRequest.fields(for: route).filter { $0 != "inputs" }
            throw reader.unknownField(known: known)
        }
    }

    /// Weighting that an answer's members state; nil where they state none.
    static func choice(_ metadata: [String: String]) throws -> Weighting? {
        guard metadata["weighting"] != nil else { return nil }
        var choice = Weighting()
        for key in Weighting.fields {
            guard let text = metadata[key] else { continue }
            _ = try WireError.wrapping { try read(key, text) { try choice.take(key, &$0) } }
        }
        return choice
    }

    /// Numbers of whole distributions that an answer's members say it has.
    static func tempered(_ metadata: [String: String]) throws -> TemperedChoice {
        var tempered = TemperedChoice()
        for key in TemperedChoice.fields {
            guard let text = metadata[key] else { continue }
            _ = try WireError.wrapping { try read(key, text) { try tempered.take(key, &$0) } }
        }
        return tempered
    }

    /// Strings are quoted, so that one set of decoders reads both forms.
    private static func read<Result>(
        _ key: String, _ text: String, _ body: (inout JSONReader) throws -> Result
    ) throws -> Result {
        let literals = ["add_special_tokens", "return_tokens", ScoreRequest.topKField] + TemperedChoice.fields
        let isLiteral = Weighting.isNumber(key) || literals.contains(key)
        return try JSONReader.read(isLiteral ? Array(text.utf8) : JSONValue.string(text).compact, body)
    }

    private static func expectation(_ error: JSONError) -> String {
        switch error {
        case .wrongType(_, let expected, _), .invalidValue(_, let expected, _), .numberOutOfRange(_, let expected, _),
            .unexpectedByte(_, _, let expected, _):
            expected
        case .unknownField(_, let known): "one of \(known.sorted().joined(separator: ", "))"
        default: "a value as in JSON"
        }
    }
}

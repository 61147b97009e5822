import JSONValues
import TokenWeights

/// A request to /v1/weights or /v1/logprobs, from either wire form.
package struct ScoreRequest: Equatable, Sendable {
    /// Sequences to score, at least one; results come in this order.
    package var inputs: [ScoreInput]
    /// Weighting that is asked for; nil on /v1/logprobs.
    package var choice: Weighting?
    /// Whether the special tokens of the tokenizer's post-processor are put around texts. Ids are taken as they are.
    package var addSpecialTokens: Bool
    /// Whether results show each token as text; nil: with texts yes, with ids no.
    package var returnTokens: Bool?
    /// Number of the likeliest tokens wanted at each position, 0 for none; on /v1/logprobs alone.
    package var topK: Int
    /// Model that is wanted, and fingerprints that must hold.
    package var pins: ModelPins

    package init(
        inputs: [ScoreInput], choice: Weighting? = nil, addSpecialTokens: Bool = true,
        returnTokens: Bool? = nil, topK: Int = 0, pins: ModelPins = ModelPins()
    ) {
        self.inputs = inputs
        self.choice = choice
        self.addSpecialTokens = addSpecialTokens
        self.returnTokens = returnTokens
        self.topK = topK
        self.pins = pins
    }

    static let topKField = "top_k"

    /// Members that a body for this route may have; a server refuses any other.
    package static func fields(for route: ScoreRoute) -> [String] {
        ["inputs", "add_special_tokens", "return_tokens"] + ModelPins.fields
            + (route == .weights ? Weighting.fields : [topKField])
    }

    /// Reads and checks a posted body, as far as can be told without a model. Throws `WireError`, also where it has no input.
    package init(json bytes: [UInt8], for route: ScoreRoute) throws {
        self = try WireError.wrapping { try JSONReader.read(bytes) { try Self(&$0, for: route) } }
        guard !inputs.isEmpty else {
            throw WireError.invalidInput(item: nil, position: nil, reason: "expected at least one input, got none")
        }
    }

    private init(_ reader: inout JSONReader, for route: ScoreRoute) throws {
        var request = ScoreRequest(inputs: [])
        var choice = Weighting()
        let keys = try reader.object { reader, key in
            switch key {
            case "inputs":
                try reader.array { reader, item in
                    request.inputs.append(try ScoreInput(&reader, item: item, for: route))
                }
            case "add_special_tokens": request.addSpecialTokens = try reader.bool()
            case "return_tokens": request.returnTokens = try reader.bool()
            case Self.topKField where route == .logProbs: request.topK = try reader.count()
            default:
                if try request.pins.take(key, &reader) { return }
                if route == .weights, try choice.take(key, &reader) { return }
                throw reader.unknownField(known: Self.fields(for: route))
            }
        }
        guard keys.contains("inputs") else { throw reader.missingField("inputs") }
        if route == .weights { request.choice = choice }
        self = request
    }

    /// Body to post.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("inputs")
            writer.array { writer in
                for input in inputs {
                    writer.element()
                    input.write(to: &writer)
                }
            }
            choice?.write(to: &writer)
            writer.field("add_special_tokens", addSpecialTokens)
            if let returnTokens { writer.field("return_tokens", returnTokens) }
            if topK > 0 { writer.field(Self.topKField, topK) }
            for (name, value) in pins.members { writer.field(name, value) }
        }
        return writer.bytes
    }
}

extension JSONReader {
    /// Reads a number that is not negative.
    mutating func count() throws -> Int {
        let value = try int()
        guard value >= 0 else { throw invalid(expected: "0 or more", got: "\(value)") }
        return value
    }
}

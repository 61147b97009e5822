import JSONValues
import TokenWeights

/// The answer of /v1/weights (with `choice`, and weights in each result) or /v1/logprobs (without).
package struct ScoreResponse: Equatable, Sendable {
    /// Teacher that scored the inputs.
    package var identity: ModelIdentity
    /// Weighting that was used, with its options in force; nil on /v1/logprobs.
    package var choice: Weighting?
    /// Number of the likeliest tokens at each position, as it was asked for; 0 for none.
    package var topK: Int
    /// One result an input, in the request's order.
    package var results: [ScoreResult]

    package init(
        identity: ModelIdentity, choice: Weighting? = nil, topK: Int = 0, results: [ScoreResult]
    ) {
        self.identity = identity
        self.choice = choice
        self.topK = topK
        self.results = results
    }

    /// Body of the answer, as the server sends it.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in identity.members { writer.field(name, value) }
            choice?.write(to: &writer)
            if topK > 0 { writer.field(ScoreRequest.topKField, topK) }
            writer.key("results")
            writer.array { writer in
                for result in results {
                    writer.element()
                    result.write(to: &writer)
                }
            }
        }
        return writer.bytes
    }

    /// Reads an answer as a client does: unknown members are passed over. Throws `WireError`, also where the arrays of a result are
    /// not all of one length, or `top_k` is not what they hold.
    package init(json bytes: [UInt8]) throws {
        self = try WireError.wrapping { try JSONReader.read(bytes) { try Self(&$0) } }
    }

    private init(_ reader: inout JSONReader) throws {
        var strings: [String: String] = [:]
        var choice = Weighting()
        var topK = 0
        var results: [ScoreResult] = []
        let keys = try reader.object { reader, key in
            switch key {
            case _ where ModelPins.fields.contains(key): strings[key] = try reader.string()
            case ScoreRequest.topKField: topK = try reader.count()
            case "results": try reader.array { reader, _ in results.append(try ScoreResult(&reader)) }
            default: if try !choice.take(key, &reader) { try reader.skip() }
            }
        }
        for name in ModelPins.fields + ["results"] where !keys.contains(name) { throw reader.missingField(name) }
        guard let identity = ModelIdentity({ strings[$0] }) else { throw reader.missingField("model") }
        for index in results.indices { results[index].top = results[index].top?.ofLength(topK) }
        if let wrong = results.first(where: { $0.top?.k ?? 0 != topK }) {
            throw reader.invalid(
                expected: "\(topK) of the likeliest tokens, as top_k says", got: "\(wrong.top?.k ?? 0)")
        }
        self.init(
            identity: identity, choice: keys.contains("weighting") ? choice : nil, topK: topK, results: results)
    }
}

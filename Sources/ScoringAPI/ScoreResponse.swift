import JSONValues

/// The answer of /v1/weights (with `choice`, and weights in each result) or /v1/logprobs (without).
package struct ScoreResponse: Equatable, Sendable {
    package var identity: ModelIdentity
    package var choice: WeightingChoice?
    package var results: [ScoreResult]

    package init(identity: ModelIdentity, choice: WeightingChoice? = nil, results: [ScoreResult]) {
        self.identity = identity
        self.choice = choice
        self.results = results
    }

    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in identity.members { writer.field(name, value) }
            choice?.write(to: &writer)
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

    /// For the client: members it does not know are passed over. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        self = try WireError.wrapping {
            var reader = JSONReader(bytes)
            let response = try Self(&reader)
            try reader.finish()
            return response
        }
    }

    private init(_ reader: inout JSONReader) throws {
        var strings: [String: String] = [:]
        var choice = WeightingChoice()
        var results: [ScoreResult] = []
        let keys = try reader.object { reader, key in
            switch key {
            case _ where ModelPins.fields.contains(key): strings[key] = try reader.string()
            case "results": try reader.array { reader, _ in results.append(try ScoreResult(&reader)) }
            default: if try !choice.take(key, &reader) { _ = try reader.value() }
            }
        }
        for name in ModelPins.fields + ["results"] where !keys.contains(name) { throw reader.missingField(name) }
        guard let identity = ModelIdentity({ strings[$0] }) else { throw reader.missingField("model") }
        self.init(identity: identity, choice: keys.contains("weighting") ? choice : nil, results: results)
    }
}

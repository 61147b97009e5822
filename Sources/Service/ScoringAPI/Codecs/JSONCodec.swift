import JSONValues
import TokenWeights

extension MediaType {
    package static let json = MediaType(rawValue: "application/json")
}

/// JSON, for people and for programs that score little: a request as one object, an answer as one object.
extension ScoreCodec {
    package static let json = ScoreCodec(
        .json,
        request: { body, route, claim in
            try claim(DecodingMemory.json(body))
            return try ScoreRequest(json: body, for: route)
        },
        answer: .whole { $1.json() })
}

extension ScoreRequest {
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
                if route == .logProbs, try request.tempered.take(key, &reader) { return }
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
            tempered.write(to: &writer)
            for (name, value) in pins.members { writer.field(name, value) }
        }
        return writer.bytes
    }
}

extension ScoreResponse {
    /// Body of the answer, as the server sends it.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in identity.members { writer.field(name, value) }
            choice?.write(to: &writer)
            if topK > 0 { writer.field(ScoreRequest.topKField, topK) }
            tempered.write(to: &writer)
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
    /// not all of one length, or `top_k`, `entropy` or `temperatures` is not what they hold.
    package init(json bytes: [UInt8]) throws {
        self = try WireError.wrapping { try JSONReader.read(bytes) { try Self(&$0) } }
    }

    private init(_ reader: inout JSONReader) throws {
        var strings: [String: String] = [:]
        var choice = Weighting()
        var topK = 0
        var tempered = TemperedChoice()
        var results: [ScoreResult] = []
        let keys = try reader.object { reader, key in
            switch key {
            case _ where ModelPins.fields.contains(key): strings[key] = try reader.string()
            case ScoreRequest.topKField: topK = try reader.count()
            case "results": try reader.array { reader, _ in results.append(try ScoreResult(&reader)) }
            default:
                if try choice.take(key, &reader) { return }
                if try !tempered.take(key, &reader) { try reader.skip() }
            }
        }
        for name in ModelPins.fields + ["results"] where !keys.contains(name) { throw reader.missingField(name) }
        guard let identity = ModelIdentity({ strings[$0] }) else { throw reader.missingField("model") }
        for index in results.indices { results[index].top = results[index].top?.ofLength(topK) }
        if let wrong = results.first(where: { $0.top?.k ?? 0 != topK }) {
            throw reader.invalid(
                expected: "\(topK) of the likeliest tokens, as top_k says", got: "\(wrong.top?.k ?? 0)")
        }
        for result in results { try result.tempered.check(tempered, teacherLogProbs: result.teacherLogProbs) }
        self.init(
            identity: identity, choice: keys.contains("weighting") ? choice : nil, topK: topK, tempered: tempered,
            results: results)
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

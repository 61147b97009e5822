import JSONValues
import TokenWeights

extension MediaType {
    package static let ndjson = MediaType(rawValue: "application/x-ndjson")
}

/// NDJSON, for answers that are read as they come: a JSON object a line, and what ended the answer early as the last.
extension ScoreCodec {
    package static let ndjson = ScoreCodec(.ndjson, answer: .pieces { $0.json() })
}

extension ScoreLine {
    /// The line as the server sends it, line feed included.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            switch self {
            case .result(let index, let identity, let choice, let tempered, let result):
                writer.field("index", index)
                result.writeMembers(to: &writer)
                for (name, value) in identity.members { writer.field(name, value) }
                choice?.write(to: &writer)
                if let top = result.top { writer.field(ScoreRequest.topKField, top.k) }
                tempered.write(to: &writer)
            case .failure(let problem):
                writer.key("error")
                problem.write(to: &writer)
            }
        }
        return writer.bytes + [0x0A]
    }

    /// Reads a line as a client does, with or without the line feed. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        self = try WireError.wrapping {
            let value = try JSONValue(parsing: bytes)
            if case .object(let object) = value, case .object(let error)? = object[key: "error"] {
                return .failure(Problem(members: error))
            }
            let result = try JSONReader.read(bytes) { try ScoreResult(&$0) }
            return try JSONReader.read(bytes) { try Self(&$0, result) }
        }
    }

    private init(_ reader: inout JSONReader, _ result: ScoreResult) throws {
        var index = 0
        var strings: [String: String] = [:]
        var choice = Weighting()
        var topK = 0
        var tempered = TemperedChoice()
        let keys = try reader.object { reader, key in
            switch key {
            case "index": index = try reader.int()
            case ScoreRequest.topKField: topK = try reader.count()
            case _ where ModelPins.fields.contains(key): strings[key] = try reader.string()
            default:
                if try choice.take(key, &reader) { return }
                if try !tempered.take(key, &reader) { try reader.skip() }
            }
        }
        guard keys.contains("index") else { throw reader.missingField("index") }
        guard let identity = ModelIdentity({ strings[$0] }) else { throw reader.missingField("model") }
        var result = result
        result.top = result.top?.ofLength(topK)
        guard result.top?.k ?? 0 == topK else {
            throw reader.invalid(expected: "\(topK) of the likeliest tokens, as top_k says", got: "others")
        }
        try result.tempered.check(tempered, teacherLogProbs: result.teacherLogProbs)
        self = .result(
            index: index, identity: identity, choice: keys.contains("weighting") ? choice : nil, tempered: tempered,
            result)
    }
}

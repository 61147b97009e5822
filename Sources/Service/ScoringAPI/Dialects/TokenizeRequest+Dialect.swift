import JSONValues

/// POST /tokenize and /detokenize, as vLLM has them: the questions of /v1/tokenize and /v1/detokenize in other words.
extension TokenizeRequest {
    /// Members that the body of /tokenize may have, of which `prompt` is required.
    package static let dialectFields = ["prompt", "add_special_tokens"] + ModelPins.fields

    /// Reads and checks a body of /tokenize. Throws `WireError`.
    package init(dialect bytes: [UInt8]) throws {
        var request = TokenizeRequest(text: "")
        try JSONReader.readObject(bytes, required: ["prompt"]) { reader, key in
            switch key {
            case "prompt": request.text = try reader.string()
            case "add_special_tokens": request.addSpecialTokens = try reader.unlessNull { try $0.bool() } ?? true
            default:
                guard try request.pins.take(key, &reader) else {
                    throw reader.unknownField(known: Self.dialectFields)
                }
            }
        }
        self = request
    }
}

extension TokenizeResponse {
    /// Body of an answer of /tokenize.
    ///
    /// - Parameter maxModelLength: most tokens of a document.
    package func dialect(maxModelLength: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("count", tokenIDs.count)
            writer.field("max_model_len", maxModelLength)
            writer.field("tokens", tokenIDs)
        }
        return writer.bytes
    }
}

extension DetokenizeRequest {
    /// Members that the body of /detokenize may have, of which `tokens` is required.
    package static let dialectFields = ["tokens"] + ModelPins.fields

    /// Reads and checks a body of /detokenize. Throws `WireError`.
    package init(dialect bytes: [UInt8]) throws {
        var request = DetokenizeRequest(tokenIDs: [])
        try JSONReader.readObject(bytes, required: ["tokens"]) { reader, key in
            if key == "tokens" { return request.tokenIDs = try reader.tokenIDs(item: nil) }
            guard try request.pins.take(key, &reader) else { throw reader.unknownField(known: Self.dialectFields) }
        }
        self = request
    }
}

extension DetokenizeResponse {
    /// Body of an answer of /detokenize.
    package func dialect() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.field("prompt", text) }
        return writer.bytes
    }
}

import JSONValues

/// The body of POST /v1/tokenize.
package struct TokenizeRequest: Equatable, Sendable {
    /// Text to tokenize.
    package var text: String
    /// Whether the special tokens of the tokenizer's post-processor are put around the text.
    package var addSpecialTokens: Bool
    /// Model whose tokenizer is meant, and fingerprints that must hold.
    package var pins: ModelPins

    /// Members that the body may have, of which `text` is required; any other is refused.
    package static let fields = ["text", "add_special_tokens"] + ModelPins.fields

    package init(text: String, addSpecialTokens: Bool = true, pins: ModelPins = ModelPins()) {
        self.text = text
        self.addSpecialTokens = addSpecialTokens
        self.pins = pins
    }

    /// Reads and checks a posted body. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var request = TokenizeRequest(text: "")
        try JSONReader.readObject(bytes, required: ["text"]) { reader, key in
            switch key {
            case "text": request.text = try reader.string()
            case "add_special_tokens": request.addSpecialTokens = try reader.bool()
            default:
                guard try request.pins.take(key, &reader) else { throw reader.unknownField(known: Self.fields) }
            }
        }
        self = request
    }

    /// Body to post.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("text", text)
            writer.field("add_special_tokens", addSpecialTokens)
            for (name, value) in pins.members { writer.field(name, value) }
        }
        return writer.bytes
    }
}

/// The answer of /v1/tokenize: T tokens.
package struct TokenizeResponse: Equatable, Sendable {
    /// Fingerprint of the tokenizer that was used.
    package var tokenizerFingerprint: String
    /// Ids of the tokens. [T]
    package var tokenIDs: [Int32]
    /// What each token shows as, " +" rather than "Ġ+"; U+FFFD for a part of a character. [T]
    package var tokens: [String]
    /// Spans of the tokens in the UTF-8 bytes of the text; 0..<0 for a special token. [T]
    package var offsets: [Range<Int>]

    package init(tokenizerFingerprint: String, tokenIDs: [Int32], tokens: [String], offsets: [Range<Int>]) {
        self.tokenizerFingerprint = tokenizerFingerprint
        self.tokenIDs = tokenIDs
        self.tokens = tokens
        self.offsets = offsets
    }

    /// Body of the answer, as the server sends it.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("tokenizer_fingerprint", tokenizerFingerprint)
            writer.field("token_ids", tokenIDs)
            writer.field("tokens", tokens)
            writer.spans("offsets", offsets)
        }
        return writer.bytes
    }

    /// Reads an answer as a client does: unknown members are passed over. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var response = TokenizeResponse(tokenizerFingerprint: "", tokenIDs: [], tokens: [], offsets: [])
        let required = ["tokenizer_fingerprint", "token_ids", "tokens", "offsets"]
        try JSONReader.readObject(bytes, required: required) { reader, key in
            switch key {
            case "tokenizer_fingerprint": response.tokenizerFingerprint = try reader.string()
            case "token_ids": response.tokenIDs = try reader.int32s()
            case "tokens": response.tokens = try reader.strings()
            case "offsets": response.offsets = try reader.spans()
            default: try reader.skip()
            }
        }
        self = response
    }
}

/// The body of POST /v1/detokenize.
package struct DetokenizeRequest: Equatable, Sendable {
    /// Ids to turn into text, from 0 to 2^31 - 1; those without a token are refused by the server.
    package var tokenIDs: [Int32]
    /// Whether special tokens are left out of the text.
    package var skipSpecialTokens: Bool
    /// Model whose tokenizer is meant, and fingerprints that must hold.
    package var pins: ModelPins

    /// Members that the body may have, of which `token_ids` is required; any other is refused.
    package static let fields = ["token_ids", "skip_special_tokens"] + ModelPins.fields

    package init(tokenIDs: [Int32], skipSpecialTokens: Bool = false, pins: ModelPins = ModelPins()) {
        self.tokenIDs = tokenIDs
        self.skipSpecialTokens = skipSpecialTokens
        self.pins = pins
    }

    /// Reads and checks a posted body. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var request = DetokenizeRequest(tokenIDs: [])
        try JSONReader.readObject(bytes, required: ["token_ids"]) { reader, key in
            switch key {
            case "token_ids": request.tokenIDs = try reader.tokenIDs(item: nil)
            case "skip_special_tokens": request.skipSpecialTokens = try reader.bool()
            default:
                guard try request.pins.take(key, &reader) else { throw reader.unknownField(known: Self.fields) }
            }
        }
        self = request
    }

    /// Body to post.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("token_ids", tokenIDs)
            writer.field("skip_special_tokens", skipSpecialTokens)
            for (name, value) in pins.members { writer.field(name, value) }
        }
        return writer.bytes
    }
}

/// The answer of /v1/detokenize.
package struct DetokenizeResponse: Equatable, Sendable {
    /// Fingerprint of the tokenizer that was used.
    package var tokenizerFingerprint: String
    /// Text of the ids; a part of a character becomes U+FFFD.
    package var text: String

    package init(tokenizerFingerprint: String, text: String) {
        self.tokenizerFingerprint = tokenizerFingerprint
        self.text = text
    }

    /// Body of the answer, as the server sends it.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("tokenizer_fingerprint", tokenizerFingerprint)
            writer.field("text", text)
        }
        return writer.bytes
    }

    /// Reads an answer as a client does: unknown members are passed over. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var response = DetokenizeResponse(tokenizerFingerprint: "", text: "")
        try JSONReader.readObject(bytes, required: ["tokenizer_fingerprint", "text"]) { reader, key in
            switch key {
            case "tokenizer_fingerprint": response.tokenizerFingerprint = try reader.string()
            case "text": response.text = try reader.string()
            default: try reader.skip()
            }
        }
        self = response
    }
}

extension JSONReader {
    /// Reads a body that is one object with at least the fields named. Throws `WireError`.
    static func readObject(
        _ bytes: [UInt8], required: [String], _ body: (inout JSONReader, String) throws -> Void
    ) throws {
        try WireError.wrapping {
            try JSONReader.read(bytes) { reader in
                let keys = try reader.object(body)
                for name in required where !keys.contains(name) { throw reader.missingField(name) }
            }
        }
    }
}

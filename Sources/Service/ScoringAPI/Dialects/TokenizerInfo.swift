import JSONValues

/// The answer of GET /tokenizer_info, as vLLM gives it: what a client needs to use the server's tokenizer in place of its own.
package struct TokenizerInfo: Equatable, Sendable {
    /// Tokens by their part, as the model's files name them.
    package var namedTokens: [String: String]
    /// Jinja template of conversations; nil where the model has none.
    package var chatTemplate: String?

    package init(namedTokens: [String: String], chatTemplate: String?) {
        self.namedTokens = namedTokens
        self.chatTemplate = chatTemplate
    }

    /// Members of the answer.
    package static let tokens = ["bos_token", "eos_token", "pad_token", "unk_token"]

    /// Body of the answer; null for what the model has not.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            for name in Self.tokens { writer.field(name, namedTokens[name].map(JSONValue.string) ?? .null) }
            writer.field("chat_template", chatTemplate.map(JSONValue.string) ?? .null)
        }
        return writer.bytes
    }
}

import Foundation

/// The files of a model's directory that say which tokens a tokenizer has.
struct TokenizerFiles {
    /// tokenizer.json.
    let source: String
    let json: [UInt8]
    /// tokenizer_config.json, special_tokens_map.json and added_tokens.json; nil where the directory has none.
    let configuration: JSONFields?
    let specialTokensMap: JSONFields?
    let addedTokens: JSONFields?
    /// Of chat_template.jinja, else of tokenizer_config.json where that has one template; nil without.
    let chatTemplate: String?

    /// - Throws: `TokenizerError` where there is no tokenizer.json, or one of the files is no JSON object.
    init(directory: String) throws {
        func object(_ name: String) throws -> JSONFields? {
            let path = directory + "/" + name
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            let document = try JSONDocument(parsing: Self.contents(path), source: path)
            return try JSONFields(document.root, path: "", document: document, source: path)
        }
        source = directory + "/tokenizer.json"
        json = try Self.contents(source)
        configuration = try object("tokenizer_config.json")
        specialTokensMap = try object("special_tokens_map.json")
        addedTokens = try object("added_tokens.json")
        let template = directory + "/chat_template.jinja"
        if FileManager.default.fileExists(atPath: template) {
            chatTemplate = String(decoding: try Self.contents(template), as: UTF8.self)
        } else {
            chatTemplate = (try? configuration?.optionalString("chat_template")) ?? nil
        }
    }

    /// Whether `transformers` reads tokenizer.json as it is, whatever model it belongs to.
    var isGeneric: Bool {
        let name = (try? configuration?.optionalString("tokenizer_class")) ?? nil
        return ![
            "Qwen2Tokenizer", "Qwen2TokenizerFast", "GPT2Tokenizer", "GPT2TokenizerFast", "GemmaTokenizer",
            "GemmaTokenizerFast",
        ].contains(name ?? "")
    }

    static func contents(_ path: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw TokenizerError.unreadable(path: path, reason: error.localizedDescription)
        }
    }
}

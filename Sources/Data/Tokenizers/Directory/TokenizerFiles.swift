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
    /// config.json; nil where the directory has none that can be read, which is not asked here.
    private let model: JSONFields?
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
        model = (try? object("config.json")) ?? nil
        let template = directory + "/chat_template.jinja"
        if FileManager.default.fileExists(atPath: template) {
            chatTemplate = String(decoding: try Self.contents(template), as: UTF8.self)
        } else {
            chatTemplate = (try? configuration?.optionalString("chat_template")) ?? nil
        }
    }

    /// The class of `transformers` that makes a tokenizer of its own of the vocabulary and the merges of tokenizer.json, and leaves out its
    /// normalizer, pre-tokenizer and added tokens; without "Fast". nil where `AutoTokenizer` of 5.23 reads the file as it is.
    var rebuildingClass: String? {
        let type = Self.string("model_type", model) ?? ""
        guard !Self.typesReadAsTheyAre.contains(type) else { return nil }
        // What such a directory names is taken for a mistake.
        if type == "qwen2" { return "Qwen2Tokenizer" }
        var name = Self.string("tokenizer_class", configuration) ?? Self.string("tokenizer_class", model) ?? ""
        if name.hasSuffix("Fast") { name.removeLast(4) }
        guard Self.rebuildingClasses.contains(name), name != "LlamaTokenizer" || !namesByteLevel else { return nil }
        return name
    }

    /// Classes with an `__init__` of their own, of those that models of the known families name.
    private static let rebuildingClasses: Set<String> = [
        "CodeLlamaTokenizer", "CohereTokenizer", "GPT2Tokenizer", "GPTNeoXTokenizer", "GemmaTokenizer",
        "LlamaTokenizer", "Qwen2Tokenizer", "Qwen3_5Tokenizer",
    ]

    /// Known families whose tokenizer.json is read as it is, whatever class the directory names.
    private static let typesReadAsTheyAre: Set<String> = ["mistral", "olmo2", "olmo3"]

    /// Told as `transformers` tells it: by the word, wherever it stands.
    private var namesByteLevel: Bool { Data(json).range(of: Data("\"ByteLevel\"".utf8)) != nil }

    private static func string(_ name: String, _ fields: JSONFields?) -> String? {
        (try? fields?.optionalString(name)) ?? nil
    }

    static func contents(_ path: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw TokenizerError.unreadable(path: path, reason: error.localizedDescription)
        }
    }
}

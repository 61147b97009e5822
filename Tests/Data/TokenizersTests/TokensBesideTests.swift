import Foundation
import TestSupport
import Testing
import Tokenizers

/// Tokens that stand beside tokenizer.json, against what `transformers` makes of the same directories; see
/// scripts/goldens/tokenizer_beside.py.
@Suite struct TokensBesideTests {
    private struct Case {
        let name: String
        let files: [String: String]
        let tokenizer: [String: Any]
        /// nil where `transformers` refuses the directory.
        let tokens: [[String]]?
        let ids: [[Int32]]
        let endOfSequence: Int32?
    }

    private let directory: TemporaryDirectory
    private let base: [String: Any]
    private let texts: [String]
    private let cases: [Case]

    init() throws {
        directory = try TemporaryDirectory()
        let path = Golden.path("beside")
        let root = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
        base = try #require(root["base"] as? [String: Any])
        texts = try #require(root["texts"] as? [String])
        cases = try #require(root["cases"] as? [[String: Any]]).map { one in
            Case(
                name: one["name"] as? String ?? "", files: one["files"] as? [String: String] ?? [:],
                tokenizer: one["tokenizer"] as? [String: Any] ?? [:],
                tokens: (one["added"] as? [[Any]])?.map { $0.map { "\($0)" } },
                ids: (one["ids"] as? [[Int]] ?? []).map { $0.map { Int32($0) } },
                endOfSequence: (one["eos"] as? Int).map { Int32($0) })
        }
    }

    private func load(_ files: [String: String], tokenizer: [String: Any] = [:]) throws -> Tokenizer {
        let folder = directory.file(UUID().uuidString)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, contents) in files {
            try Data(contents.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        }
        try JSONSerialization.data(withJSONObject: base.merging(tokenizer) { $1 }).write(
            to: URL(fileURLWithPath: folder + "/tokenizer.json"))
        return try Tokenizer(directory: folder)
    }

    private func load(objects: [String: Any], tokenizer: [String: Any] = [:]) throws -> Tokenizer {
        let texts = try objects.mapValues {
            String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self)
        }
        return try load(texts, tokenizer: tokenizer)
    }

    /// As the golden writes one: id, content, flags.
    private func row(_ token: AddedToken) -> [String] {
        let flags = [token.isSingleWord, token.stripsLeft, token.stripsRight, token.isNormalized, token.isSpecial]
        return ["\(token.id)", token.content] + flags.map { $0 ? "1" : "0" }
    }

    @Test func tokensAndIDsAreThoseOfTransformers() throws {
        #expect(cases.count > 80 && cases.count { $0.tokens == nil } > 10)
        for one in cases {
            guard let tokens = one.tokens else {
                #expect(throws: TokenizerError.self, "\(one.name)") {
                    try load(one.files, tokenizer: one.tokenizer)
                }
                continue
            }
            let tokenizer = try load(one.files, tokenizer: one.tokenizer)
            let found = tokenizer.addedTokens.sorted { $0.id < $1.id }.map(row)
            #expect(found == tokens.map(normalized), "\(one.name)")
            #expect(tokenizer.endOfSequence == one.endOfSequence, "\(one.name)")
            for (text, ids) in zip(texts, one.ids) {
                #expect(try tokenizer.encode(text, addSpecialTokens: true).ids == ids, "\(one.name): \(text)")
            }
        }
    }

    /// Foundation reads true as 1, as a number or a boolean.
    private func normalized(_ row: [String]) -> [String] {
        row.prefix(2) + row.dropFirst(2).map { ["true", "1"].contains($0) ? "1" : "0" }
    }

    private func remarks(_ files: [String: Any]) throws -> [String] { try load(objects: files).remarks }

    @Test func whatIsReadOtherwiseThanWrittenIsSaid() throws {
        let token: [String: Any] = ["content": "<think>", "special": true]
        #expect(try remarks([:]).isEmpty)
        #expect(try remarks(["tokenizer_config.json": ["pad_token": "<e>", "eos_token": "<e>"]]).isEmpty)
        let extra = try remarks(["tokenizer_config.json": ["extra_special_tokens": ["<think>"]]])
        #expect(extra.count == 1 && extra[0].contains("tokenizer_config.json"))
        #expect(extra[0].hasSuffix(#""<think>" (261)"#), "\(extra)")
        let far = try remarks(["tokenizer_config.json": ["added_tokens_decoder": ["999": token]]])
        #expect(far.count == 2 && far[1].hasSuffix(#""<think>" the id 999, it gets 261"#), "\(far)")
        let lost = try remarks(["added_tokens.json": ["<think>": 1]])
        #expect(lost.count == 1 && lost[0].hasSuffix(#""<think>" the id 1, it gets none"#), "\(lost)")
        let flags = ["0": ["content": "<e>", "special": true, "lstrip": true] as [String: Any]]
        let changed = try remarks(["tokenizer_config.json": ["added_tokens_decoder": flags]])
        #expect(changed.count == 1 && changed[0].hasSuffix(#""<e>" (0)"#), "\(changed)")
        // The base is byte-level, which LlamaTokenizer is not: transformers reads the file as it is then.
        for (name, type, lines) in [
            ("Qwen2Tokenizer", "qwen3", 1), ("GPTNeoXTokenizer", "olmo", 1), ("GPTNeoXTokenizerFast", "olmo", 1),
            ("CohereTokenizerFast", "cohere", 1), ("PreTrainedTokenizerFast", "qwen3", 0),
            ("PreTrainedTokenizerFast", "qwen2", 1), ("LlamaTokenizer", "llama", 0), ("GPT2Tokenizer", "olmo2", 0),
        ] {
            let decoder = ["1": ["content": "<b>", "special": true]] as [String: Any]
            let unlisted = try remarks([
                "tokenizer_config.json": ["tokenizer_class": name, "added_tokens_decoder": decoder],
                "config.json": ["model_type": type],
            ])
            #expect(unlisted.count == lines, "\(name): \(unlisted)")
            #expect(unlisted.allSatisfy { $0.hasSuffix(#""<e>" (0)"#) }, "\(name): \(unlisted)")
        }
        let many = Dictionary(uniqueKeysWithValues: (0..<30).map { ("<t\($0)>", 261 + $0) })
        #expect(try remarks(["added_tokens.json": many])[0].hasSuffix(" and 20 more"))
    }

    /// A file as Llama 2's: `LlamaTokenizer` gives " a" one mark, the normalizer two.
    @Test func aNormalizerThatLlamasClassLeavesOutIsSaid() throws {
        var model = base["model"] as? [String: Any] ?? [:]
        model["vocab"] = ["<e>": 0, "<b>": 1, "\u{2581}": 2, "a": 3, "\u{2581}a": 4]
        model["merges"] = [["\u{2581}", "a"]]
        let marks: [String: Any] = [
            "type": "Sequence",
            "normalizers": [
                ["type": "Prepend", "prepend": "\u{2581}"],
                ["type": "Replace", "pattern": ["String": " "], "content": "\u{2581}"],
            ] as [[String: Any]],
        ]
        func load(_ name: String, _ type: String, normalizer: Any) throws -> Tokenizer {
            let (settings, config) = (["tokenizer_class": name], ["model_type": type])
            return try self.load(
                objects: ["tokenizer_config.json": settings, "config.json": config],
                tokenizer: [
                    "model": model, "normalizer": normalizer, "pre_tokenizer": NSNull(), "decoder": NSNull(),
                ])
        }
        for name in ["LlamaTokenizer", "LlamaTokenizerFast", "CodeLlamaTokenizer"] {
            let tokenizer = try load(name, "llama", normalizer: marks)
            #expect(try tokenizer.encode(" a", addSpecialTokens: false).ids == [2, 4])
            let remarks = tokenizer.remarks
            #expect(remarks.count == 1 && remarks[0].hasPrefix("tokenizer.json has a normalizer, which "), "\(remarks)")
            #expect(remarks.allSatisfy { $0.contains(name.replacing("Fast", with: "") + " of transformers") })
            #expect(try load(name, "llama", normalizer: NSNull()).remarks.isEmpty)
            #expect(try load(name, "mistral", normalizer: marks).remarks.isEmpty)
        }
        #expect(try load("PreTrainedTokenizerFast", "llama", normalizer: marks).remarks.isEmpty)
    }

    @Test func theFaultIsNamed() throws {
        for (settings, expected) in [
            (["pad_token": ["content": "<pad>"]], "pad_token must be"),
            (["extra_special_tokens": [5]], "extra_special_tokens[0] must be"),
            (["added_tokens_decoder": ["x": ["content": "<x>"]]], "\"x\""),
            (
                ["added_tokens_decoder": ["261": ["content": "<x>", "lstrip": "yes"]]],
                "added_tokens_decoder.261.lstrip"
            ),
            (["split_special_tokens": true], "split_special_tokens"),
        ] as [([String: Any], String)] {
            let error = #expect(throws: TokenizerError.self) { try load(objects: ["tokenizer_config.json": settings]) }
            #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
            #expect(error?.description.contains("tokenizer_config.json") == true)
        }
    }

    @Test func namedTokensAndTheChatTemplateAreKept() throws {
        let settings: [String: Any] = [
            "eos_token": "<e>", "pad_token": ["__type": "AddedToken", "content": "<e>", "special": true],
            "bos_token": NSNull(), "chat_template": "{{ messages }}",
        ]
        let tokenizer = try load(objects: ["tokenizer_config.json": settings])
        #expect(tokenizer.namedTokens == ["eos_token": "<e>", "pad_token": "<e>"])
        #expect(tokenizer.chatTemplate == "{{ messages }}")
        let text = #"{"chat_template": "older"}"#
        let file = try load(["tokenizer_config.json": text, "chat_template.jinja": "{{ newer }}\n"])
        #expect(file.chatTemplate == "{{ newer }}\n" && file.namedTokens.isEmpty)
        #expect(try load([:]).chatTemplate == nil)
        let several = #"{"chat_template": [{"name": "default", "template": "a"}]}"#
        #expect(try load(["tokenizer_config.json": several]).chatTemplate == nil)
    }

    /// A vocabulary with a gap may end where an added token would go.
    @Test func aTokenWhoseIDIsTakenIsRefusedByName() throws {
        var model = base["model"] as? [String: Any] ?? [:]
        var vocabulary = model["vocab"] as? [String: Int] ?? [:]
        vocabulary["zz"] = 262
        model["vocab"] = vocabulary
        let error = #expect(throws: TokenizerError.self) {
            try load(objects: ["tokenizer_config.json": ["pad_token": "<pad>"]], tokenizer: ["model": model])
        }
        #expect(error?.description.contains("the id 262 of the added token \"<pad>\" is taken") == true)
    }

    @Test func aFileBesideThatIsDamagedIsRefused() throws {
        let folder = directory.file("damaged")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try JSONSerialization.data(withJSONObject: base).write(to: URL(fileURLWithPath: folder + "/tokenizer.json"))
        for (name, contents) in [
            ("tokenizer_config.json", "{"), ("special_tokens_map.json", "[]"), ("added_tokens.json", "{\"a\": 0.5}"),
        ] {
            let path = folder + "/" + name
            try Data(contents.utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(directory: folder) }
            #expect(error?.description.contains(name) == true)
            try FileManager.default.removeItem(atPath: path)
        }
    }
}

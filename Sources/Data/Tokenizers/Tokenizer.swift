import Digests

/// The tokenizer of a model: a tokenizer.json of Hugging Face's `tokenizers` library, with byte pair encoding.
///
/// Ids, spans and decoded texts are the library's own. Any number of threads may use one tokenizer at once. The
/// `truncation` and `padding` sections of a file are ignored, as `transformers` does: a text is always encoded whole.
package final class Tokenizer: Sendable {
    /// The tokens of one text.
    package struct Encoding: Equatable, Sendable {
        package var ids: [Int32] = []
        /// Bytes of the UTF-8 of the text that each token stands for; 0..<0 for special tokens put around it.
        package var offsets: [Range<Int>] = []

        package init() {}
    }

    /// Bytes of the longest text that is encoded.
    package static let longestText = 1 << 29

    let normalizer: [NormalizerStage]
    let preTokenizer: [PreTokenizerStage]
    let model: BPEModel
    let postProcessor: PostProcessor
    let decoder: [DecoderStage]
    let hasDecoder: Bool
    let plainMatcher: AddedTokenMatcher
    let normalizedMatcher: AddedTokenMatcher
    let trimmer: SpanTrimmer?
    let states = EncoderStatePool()
    /// The text of added tokens when decoding, by id.
    let addedTexts: [Int32: [UInt8]]
    let specialTexts: Set<[UInt8]>
    private let idsOfAdded: [[UInt8]: Int32]
    private let contentsOfAdded: [Int32: String]

    package let addedTokens: [AddedToken]
    /// The token that the directory's files name as `eos_token`; nil without one, or where it is not in the vocabulary.
    package let endOfSequence: Int32?
    /// The tokens that the directory's files name by their part: `bos_token`, `eos_token`, `pad_token` and so on.
    package let namedTokens: [String: String]
    /// The Jinja template by which the directory's files turn a conversation into a text; nil without one.
    package let chatTemplate: String?
    /// What a user should know of how the directory's files were read: one line each.
    package let remarks: [String]
    /// Of what decides the ids of plain text: normalizer, pre-tokenizer, vocabulary, merges.
    package let fingerprint: SHA256Digest

    /// The tokenizer of a model: its tokenizer.json, and the tokens that tokenizer_config.json, special_tokens_map.json and
    /// added_tokens.json name beside it, as `transformers` 5 adds them.
    ///
    /// - Throws: `TokenizerError`.
    package convenience init(directory: String) throws {
        let files = try TokenizerFiles(directory: directory)
        try self.init(json: files.json, source: files.source, files: files)
    }

    /// One tokenizer.json, whatever stands beside it.
    ///
    /// - Throws: `TokenizerError`.
    package convenience init(contentsOf path: String) throws {
        try self.init(json: TokenizerFiles.contents(path), source: path)
    }

    /// - Parameter source: what errors call the file.
    /// - Throws: `TokenizerError`.
    package convenience init(json: [UInt8], source: String) throws {
        try self.init(json: json, source: source, files: nil)
    }

    private init(json: [UInt8], source: String, files: TokenizerFiles?) throws {
        let document = try JSONDocument(parsing: json, source: source)
        let root = try JSONFields(document.root, path: "", document: document, source: source)
        try root.rejectUnknown(known: [
            "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
            "decoder", "model",
        ])
        if let version = try root.optionalString("version"), version != "1.0" {
            throw TokenizerError.unsupportedValue(
                source: source, field: "version", value: "\"\(version)\"", reason: "\"1.0\" was expected")
        }
        func stage(_ name: String) throws -> JSONFields? {
            root.optional(name) == nil ? nil : try root.object(name)
        }
        normalizer = try NormalizerStage.parse(try stage("normalizer"))
        let (preTokenizer, isByteLevel) = try PreTokenizerStage.parse(try stage("pre_tokenizer"))
        self.preTokenizer = preTokenizer
        model = try BPEModel(try root.object("model"), unit: isByteLevel ? .byte : .character)
        postProcessor = try PostProcessor(try stage("post_processor"))
        hasDecoder = root.optional("decoder") != nil
        decoder = try DecoderStage.parse(try stage("decoder"))
        trimmer = SpanTrimmer(postProcessor.trims, vocabulary: model.vocabulary)

        var added = try AddedToken.parse(root, vocabulary: model.vocabulary)
        let hasNormalizer = !self.normalizer.isEmpty
        let beside = try files.map {
            try TokensBeside(
                $0, known: added.tokens, paddingToken: try stage("padding")?.optionalBytes("pad_token"),
                hasNormalizer: hasNormalizer)
        }
        remarks = try beside.map { try $0.add(to: &added) } ?? []
        let vocabulary = model.vocabulary
        endOfSequence = beside?.attributes["eos_token"].flatMap { added.id(of: $0) ?? vocabulary.id(of: $0) }
        namedTokens = beside?.attributes.mapValues { String(decoding: $0, as: UTF8.self) } ?? [:]
        chatTemplate = files?.chatTemplate
        let addedTokens = added.tokens
        self.addedTokens = addedTokens
        let scratch = try PatternScratch()
        let normalizer = normalizer
        let texts = try addedTokens.map { token in
            var content = token.content
            var text = content.withUTF8 { AlignedText($0, offset: 0) }
            if token.isNormalized { for stage in normalizer { try stage.apply(&text, scratch) } }
            // The library would find it between all characters, and so never merge.
            guard !text.bytes.isEmpty || content.isEmpty else {
                throw TokenizerError.invalidVocabulary(
                    source: source,
                    reason: "the added token \(token.content.debugDescription) (id \(token.id)) is nothing once it is "
                        + "normalized, which cuts every text into characters; set its \"normalized\" to false")
            }
            return text.bytes
        }
        let pairs = Array(zip(addedTokens, texts)).map { (token: $0, bytes: $1) }
        plainMatcher = AddedTokenMatcher(pairs.filter { !$0.token.isNormalized })
        normalizedMatcher = AddedTokenMatcher(pairs.filter { $0.token.isNormalized })
        addedTexts = Dictionary(uniqueKeysWithValues: pairs.map { ($0.token.id, $0.bytes) })
        specialTexts = Set(addedTokens.filter(\.isSpecial).map { Array($0.content.utf8) })
        idsOfAdded = Dictionary(uniqueKeysWithValues: addedTokens.map { (Array($0.content.utf8), $0.id) })
        contentsOfAdded = Dictionary(uniqueKeysWithValues: addedTokens.map { ($0.id, $0.content) })
        fingerprint = TokenizerFingerprint.digest(normalizer, preTokenizer, model)
    }

    /// Most bytes that a thread which has encoded leaves behind, so that the next text is fast: the cache of words, and working arrays.
    package static let mostKeptBytesPerThread = 8 << 20

    /// Bytes that are kept between texts, for all threads together.
    package var keptBytes: Int { states.keptBytes }

    /// Whether spans leave out the blanks at the ends of tokens (`trim_offsets` of the post-processor).
    package var trimsOffsets: Bool { trimmer != nil }

    /// Tokens of the model, without those that were added outside of it.
    package var baseVocabularySize: Int { model.vocabulary.count }

    /// The largest id plus one, added tokens included.
    package var vocabularySize: Int {
        max(model.vocabulary.idLimit, Int(addedTokens.map(\.id).max() ?? -1) + 1)
    }

    package func id(ofToken token: String) -> Int32? {
        let bytes = Array(token.utf8)
        return idsOfAdded[bytes] ?? model.vocabulary.id(of: bytes)
    }

    /// The token as the file writes it ("Ġ+").
    package func token(ofID id: Int32) -> String? {
        if let added = contentsOfAdded[id] { return added }
        return model.vocabulary.bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
    }
}

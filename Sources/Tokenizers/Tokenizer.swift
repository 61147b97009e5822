import Digests
import Foundation

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
    /// Of what decides the ids of plain text: normalizer, pre-tokenizer, vocabulary, merges.
    package let fingerprint: SHA256Digest

    /// - Throws: `TokenizerError`.
    package convenience init(contentsOf path: String) throws {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw TokenizerError.unreadable(path: path, reason: error.localizedDescription)
        }
        try self.init(json: Array(data), source: path)
    }

    /// - Parameter source: what errors call the file.
    /// - Throws: `TokenizerError`.
    package init(json: [UInt8], source: String) throws {
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

        let addedTokens = try AddedToken.parse(root, vocabulary: model.vocabulary)
        self.addedTokens = addedTokens
        let scratch = try PatternScratch()
        let normalizer = normalizer
        let texts = try addedTokens.map { token in
            var content = token.content
            var text = content.withUTF8 { AlignedText($0, offset: 0) }
            if token.isNormalized { for stage in normalizer { try stage.apply(&text, scratch) } }
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

import Digests
import Tokenizers

/// Turns a record into a document: the tokenizer's own encoding, post-processor included (a BOS, where the tokenizer adds one),
/// and the end-of-sequence token unless the encoding ends with it already. The end-of-sequence token belongs to the document and is
/// scored. Prompt and completion are encoded as one text; a token that holds bytes of both counts as completion.
package struct DocumentEncoder: Sendable {
    /// Turns text into ids; its vocabulary bounds the ids that come from files.
    package let tokenizer: Tokenizer
    /// Id that closes each document; nil: none is added.
    package let endOfSequence: Int32?
    /// Ids that other files of the model name as an end.
    let otherEnds: Set<Int32>

    package init(tokenizer: Tokenizer, endOfSequence: EndOfSequence) {
        self.tokenizer = tokenizer
        self.endOfSequence = endOfSequence.documentEnd
        otherEnds = endOfSequence.others
    }

    /// One of the other ends in a document, before its own: the last token of a text, any of a document that came as ids.
    func otherEnd(in document: Document, isText: Bool) -> Int32? {
        guard !otherEnds.isEmpty else { return nil }
        let before = document.tokenIDs.dropLast()
        return (isText ? before.suffix(1) : before).last(where: otherEnds.contains)
    }

    /// Ids of a record, with the end-of-sequence id behind them and the prompt's tokens as context.
    ///
    /// - Throws: `CorpusError.badLine` for text that the tokenizer refuses, `.documentTooLong` for more tokens than 32 bits count.
    package func document(_ record: TextRecord) throws(CorpusError) -> Document {
        let encoding: Tokenizer.Encoding
        do {
            encoding = try record.text.withUnsafeBufferPointer {
                try tokenizer.encode(utf8: $0, addSpecialTokens: true)
            }
        } catch {
            throw CorpusError.badLine(file: record.file, line: record.line, reason: "\(error)")
        }
        var ids = encoding.ids
        let context =
            record.promptBytes == 0 ? 0 : encoding.offsets.prefix { $0.upperBound <= record.promptBytes }.count
        if let endOfSequence, ids.last != endOfSequence || context == ids.count { ids.append(endOfSequence) }
        guard ids.count <= Int(UInt32.max) else {
            throw CorpusError.documentTooLong(
                file: record.file, line: record.line, tokens: ids.count, limit: Int(UInt32.max))
        }
        return Document(tokenIDs: ids, contextTokens: context, id: record.id, domain: record.domain)
    }

    /// An id that came from a file.
    func checked(_ id: Int, file: String, position: Int) throws(CorpusError) -> Int32 {
        guard id >= 0, id < tokenizer.vocabularySize else {
            throw CorpusError.tokenOutOfVocabulary(
                file: file, position: position, id: id, vocabulary: tokenizer.vocabularySize)
        }
        return Int32(id)
    }

    /// A document that came as ids: the end-of-sequence token is added where it is missing.
    func document(_ tokenIDs: [Int32]) -> Document {
        guard let endOfSequence, tokenIDs.last != endOfSequence else { return Document(tokenIDs: tokenIDs) }
        return Document(tokenIDs: tokenIDs + [endOfSequence])
    }

    /// Names what the ids depend on, beside the text.
    func addFields(to hasher: inout SHA256Hasher) {
        hasher.update(field: tokenizer.fingerprint.hex)
        // The tokenizer's fingerprint leaves out the post-processor and the added tokens; what they do is hashed instead.
        for token in tokenizer.addedTokens { hasher.update(field: "\(token)") }
        let empty = (try? tokenizer.encode("", addSpecialTokens: true).ids) ?? []
        let sample = (try? tokenizer.encode("a", addSpecialTokens: true).ids) ?? []
        hasher.update(field: "\(empty) \(sample)")
        hasher.update(field: endOfSequence.map { "\($0)" } ?? "none")
        if !otherEnds.isEmpty { hasher.update(field: "other ends \(otherEnds.sorted())") }
    }
}

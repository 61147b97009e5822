import Digests
import Tokenizers

/// Turns a record into a document: the tokenizer's own encoding, post-processor included (a BOS, where the tokenizer adds one),
/// and the end-of-sequence token unless the encoding ends with it already. The end-of-sequence token belongs to the document and is
/// scored. Prompt and completion are encoded as one text; a token that holds bytes of both counts as completion, blanks that the tokenizer
/// leaves out of its spans among them.
package struct DocumentEncoder: Sendable {
    /// Turns text into ids; its vocabulary bounds the ids that come from files.
    package let tokenizer: Tokenizer
    /// Id that closes each document; nil: none is added.
    package let endOfSequence: Int32?
    /// Ids that other files of the model name as an end.
    let otherEnds: Set<Int32>
    /// Where the tokenizer's files are, for programs that render conversations with its chat template; nil where they lie nowhere.
    package let directory: String?

    package init(tokenizer: Tokenizer, endOfSequence: EndOfSequence, directory: String? = nil) {
        self.tokenizer = tokenizer
        self.directory = directory
        self.endOfSequence = endOfSequence.documentEnd
        otherEnds = endOfSequence.others
    }

    /// Whether a document of ids is nothing but the end: an empty text.
    package func isEmpty(_ document: Document) -> Bool {
        document.tokenIDs.count <= 1 && document.tokenIDs.first == endOfSequence
    }

    /// One of the other ends in a document, before its own: the last token of a text, any of a document that came as ids.
    package func otherEnd(in document: Document, isText: Bool) -> Int32? {
        guard !otherEnds.isEmpty else { return nil }
        let before = document.tokenIDs.dropLast()
        return (isText ? before.suffix(1) : before).last(where: otherEnds.contains)
    }

    /// Ids of a record, with the end-of-sequence id behind them and the prompt's tokens as context.
    ///
    /// - Throws: `CorpusError.badLine` for text that the tokenizer refuses, `.documentTooLong` for more tokens than 32 bits count.
    package func document(_ record: TextRecord) throws(CorpusError) -> Document {
        if let tokens = record.tokens { return try document(record, tokens) }
        let encoding: Tokenizer.Encoding
        do {
            encoding = try record.text.withUnsafeBufferPointer {
                try tokenizer.encode(utf8: $0, addSpecialTokens: true, trimsOffsets: false)
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

    /// A record that came as ids. An end that is added behind a mask is scored as the token before it is.
    private func document(_ record: TextRecord, _ tokens: TextRecord.Tokens) throws(CorpusError) -> Document {
        func bad(_ reason: String) -> CorpusError { .badLine(file: record.file, line: record.line, reason: reason) }
        var ids = tokens.ids
        guard ids.count < Int(UInt32.max) else {
            throw .documentTooLong(file: record.file, line: record.line, tokens: ids.count, limit: Int(UInt32.max))
        }
        let size = tokenizer.vocabularySize
        if let place = ids.firstIndex(where: { $0 < 0 || Int($0) >= size }) {
            throw bad("the id \(ids[place]) at position \(place) is not in the tokenizer's vocabulary of \(size)")
        }
        let isOpen = endOfSequence != nil && ids.last != endOfSequence
        if let endOfSequence, isOpen { ids.append(endOfSequence) }
        guard var mask = tokens.mask else { return Document(tokenIDs: ids, id: record.id, domain: record.domain) }
        if isOpen { mask.append(mask.last ?? true) }
        return Document(tokenIDs: ids, mask: mask, id: record.id, domain: record.domain)
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
        // Files of a time when such tokenizers' spans told context by bytes that are no blanks are other files.
        if tokenizer.trimsOffsets { hasher.update(field: "context by whole tokens") }
        hasher.update(field: endOfSequence.map { "\($0)" } ?? "none")
        if !otherEnds.isEmpty { hasher.update(field: "other ends \(otherEnds.sorted())") }
    }
}

import Tokenizers

/// Ids that a tokenizer may give, and that a model cannot read: it has no row for them, or knows them as something else. They are
/// an error only where a document holds one.
package struct UnreadableTokens: Sendable, Equatable {
    /// Rows of the model's embedding; ids from there on have none.
    private let rows: Int
    /// Why an id cannot be read, for those below `rows`.
    private let reasons: [Int32: String]
    /// The largest id that a document may hold.
    private let largestID: Int
    /// Tokens without a row, for the remark.
    private let rowless: [String]
    private let model: String

    /// - Parameters:
    ///   - rows: nil where they are not known; then every id has one.
    ///   - reasons: what else is wrong with an id.
    ///   - model: what errors call it.
    package init(_ tokenizer: Tokenizer, rows: Int?, reasons: [Int32: String] = [:], model: String = "the model") {
        self.rows = rows ?? .max
        self.reasons = reasons
        self.model = model
        largestID = tokenizer.vocabularySize - 1
        rowless =
            self.rows > largestID
            ? []
            : (max(0, self.rows)...largestID).compactMap { id in
                tokenizer.token(ofID: Int32(id)).map { "\($0.debugDescription) (\(id))" }
            }
    }

    /// Whether every id that the tokenizer may give can be read: `check` then reads nothing.
    package var isEmpty: Bool { rowless.isEmpty && rows > largestID && reasons.isEmpty }

    /// Sentence that names the tokens without a row; nil where there are none.
    package var remark: String? {
        guard !rowless.isEmpty else { return nil }
        let more = rowless.count > 10 ? " and \(rowless.count - 10) more" : ""
        return "the tokenizer has tokens beyond the embedding of \(rows) rows (vocab_size): "
            + "\(rowless.prefix(10).joined(separator: ", "))\(more). A document that holds one is refused"
    }

    /// Throws `CorpusError.unreadableToken` for the first document that holds one. Reads all tokens, unless there is nothing to look for.
    ///
    /// - Parameters:
    ///   - domains: numbers in `Corpus.domains` of those that are looked at; nil: all documents.
    ///   - onProgress: takes the share that is done; what it throws ends the search.
    package func check(
        _ corpus: Corpus, domains: Set<Int>? = nil, onProgress: (Double) throws -> Void = { _ in }
    ) throws {
        guard !isEmpty else { return }
        if let domains { return try check(corpus, in: domains, onProgress: onProgress) }
        let total = corpus.sources.reduce(0) { $0 + $1.tokens.summary.tokens }
        var done = 0
        for source in corpus.sources {
            let tokens = source.tokens
            var ids: [Int32] = []
            for offset in stride(from: 0, to: tokens.summary.tokens, by: Self.block) {
                try onProgress(Double(done) / Double(total))
                ids.removeAll(keepingCapacity: true)
                let count = min(Self.block, tokens.summary.tokens - offset)
                try tokens.appendTokens(from: offset, count: count, to: &ids)
                done += count
                guard let place = ids.firstIndex(where: isUnreadable) else { continue }
                throw try found(ids[place], at: offset + place, in: source)
            }
        }
    }

    /// Document by document, those of some domains alone.
    private func check(_ corpus: Corpus, in domains: Set<Int>, onProgress: (Double) throws -> Void) throws {
        var done = 0
        for (number, source) in corpus.sources.enumerated() {
            let tokens = source.tokens
            for document in 0..<tokens.documentCount {
                if done % Self.documentsPerReport == 0 { try onProgress(Double(done) / Double(corpus.documentCount)) }
                done += 1
                let entry = tokens.entry(document)
                guard domains.contains(corpus.domain(of: entry, source: number)) else { continue }
                var ids: [Int32] = []
                try tokens.appendTokens(from: entry.tokenOffset, count: entry.tokenCount, to: &ids)
                guard let place = ids.firstIndex(where: isUnreadable) else { continue }
                throw try found(ids[place], at: entry.tokenOffset + place, in: source)
            }
        }
    }

    /// Throws for the first id of a token file that cannot be read, or that the tokenizer does not have.
    ///
    /// - Parameters:
    ///   - ids: those from place `first` on in the file.
    ///   - file: path that the error names.
    /// - Throws: `CorpusError.unreadableToken`, `.tokenOutOfVocabulary`.
    package func check(_ ids: [Int32], from first: Int, of file: String) throws(CorpusError) {
        guard let place = ids.firstIndex(where: { Int($0) > largestID || isUnreadable($0) }) else { return }
        let id = Int(ids[place])
        guard id <= largestID else {
            throw .tokenOutOfVocabulary(file: file, position: first + place, id: id, vocabulary: largestID + 1)
        }
        throw .unreadableToken(document: file, position: first + place, id: id, reason: reason(ids[place]))
    }

    private func reason(_ id: Int32) -> String {
        reasons[id] ?? "\(model)'s embedding has \(rows) rows (vocab_size)"
    }

    private static let block = 1 << 20
    private static let documentsPerReport = 1 << 12

    private func isUnreadable(_ id: Int32) -> Bool { Int(id) >= rows || reasons[id] != nil }

    private func found(_ id: Int32, at offset: Int, in source: CorpusSource) throws -> CorpusError {
        let tokens = source.tokens
        let document = (0..<tokens.documentCount).last { tokens.entry($0).tokenOffset <= offset } ?? 0
        let label = try tokens.id(document).map { " (\($0))" } ?? ""
        return CorpusError.unreadableToken(
            document: "document \(document)\(label) of \(source.name)",
            position: offset - tokens.entry(document).tokenOffset, id: Int(id),
            reason: reason(id))
    }
}

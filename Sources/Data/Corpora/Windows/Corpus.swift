import Digests
import Sequences

/// What a token sees of its training window.
package enum AttentionScope: String, Sendable, CaseIterable, Codable {
    /// Its own segment: positions and attention start anew at each.
    case document
    /// Everything before it in its training window, whatever document that belongs to.
    case window
}

/// A tokenized corpus, or a mix of several, on disk and memory-mapped, cut into segments for one sequence length.
package struct Corpus: Sendable {
    /// Tokenized corpora that are mixed, by ascending name; one alone is no mix.
    package let sources: [CorpusSource]
    /// Most tokens of a segment and of a window: documents are cut at multiples of it from their own start.
    package let sequenceLength: Int
    /// What a token of a window sees.
    package let attention: AttentionScope
    /// Order of the segments in an epoch.
    package let order: CorpusOrder
    /// Phases of a mix, one behind the other in each epoch; empty where its weights are the same throughout.
    package let phases: [CorpusPhase]
    /// Documents are numbered through all sources: the first of each, then how many there are.
    private let firstDocuments: [Int]
    /// Names of the domains that records give, behind "" for none, ascending. In a mix, a document without one is of the domain that
    /// is named as its source.
    package let domains: [String]
    /// Numbers in `domains`: of each source's documents without a domain, and of its own domains.
    private let domainNumbers: [(none: Int, own: [Int])]

    /// A corpus of one source.
    ///
    /// - Parameter sequenceLength: at least 2.
    package init(
        _ tokens: TokenFile, sequenceLength: Int, attention: AttentionScope = .document, order: CorpusOrder = .shuffled
    ) {
        self.init(
            mixing: [CorpusSource(name: "corpus", weight: 1, tokens: tokens)], sequenceLength: sequenceLength,
            attention: attention, order: order)
    }

    /// A mix of sources, or one source alone.
    ///
    /// - Parameters:
    ///   - sources: at least one, of distinct names.
    ///   - sequenceLength: at least 2.
    ///   - phases: of two sources or more, with a weight for each by ascending name. The sources' own weights are then read by nobody.
    package init(
        mixing sources: [CorpusSource], sequenceLength: Int, attention: AttentionScope = .document,
        order: CorpusOrder = .shuffled, phases: [CorpusPhase] = []
    ) {
        precondition(sequenceLength > 1, "a window of one token scores nothing")
        precondition(!sources.isEmpty && Set(sources.map(\.name)).count == sources.count, "sources have names")
        self.sources = sources.sorted { $0.name < $1.name }
        self.sequenceLength = sequenceLength
        self.attention = attention
        precondition(
            phases.isEmpty || sources.count > 1 && phases.allSatisfy { $0.weights.count == sources.count },
            "phases weigh each source of a mix")
        self.order = order
        self.phases = phases
        firstDocuments = self.sources.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.tokens.documentCount) }
        let isMix = sources.count > 1
        let names = self.sources.flatMap { $0.tokens.summary.domains + (isMix ? [$0.name] : []) }
        let domains = [""] + Set(names).subtracting([""]).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: domains.enumerated().map { ($1, $0) })
        domainNumbers = self.sources.map { source in
            (isMix ? numbers[source.name] ?? 0 : 0, source.tokens.summary.domains.map { numbers[$0] ?? 0 })
        }
        self.domains = domains
    }

    /// Names of the domains that a document is of; in a mix also of sources with a document that names none.
    package var domainsInUse: Set<String> {
        Set(
            sources.flatMap {
                $0.tokens.summary.domains + (isMix && $0.tokens.summary.documentsWithoutDomain > 0 ? [$0.name] : [])
            }
        ).subtracting([""])
    }

    /// Number of documents without a domain: 0 in a mix, where each document is of one, if only of its source's.
    package var documentsWithoutDomain: Int { isMix ? 0 : sources[0].tokens.summary.documentsWithoutDomain }

    /// Whether there is more than one source.
    package var isMix: Bool { sources.count > 1 }
    /// Number of documents of all sources.
    package var documentCount: Int { firstDocuments[sources.count] }

    /// SHA-256 of the documents, whatever their order (unless it is the one they are trained in) and however they are split into files; of a
    /// mix also of its sources' names, weights and repeats, and of its phases.
    package var fingerprint: SHA256Digest {
        guard isMix || order != .shuffled else { return sources[0].tokens.fingerprint }
        var hasher = SHA256Hasher()
        hasher.update(field: isMix ? "mix" : "one corpus")
        for source in sources { source.addFields(to: &hasher) }
        if !phases.isEmpty { hasher.update(field: "phases") }
        for phase in phases { phase.addFields(to: &hasher) }
        if order == .files { addOrder(to: &hasher) }
        return hasher.finalize()
    }

    private func addOrder(to hasher: inout SHA256Hasher) {
        hasher.update(field: "order of the files")
        for source in sources {
            for index in 0..<source.tokens.documentCount {
                hasher.update(littleEndian: source.tokens.entry(index).contentHash)
            }
        }
    }

    /// Segments of one epoch, in its order and packed into windows: a function of the corpus, the seed and the epoch's number (from 0).
    /// Complexity: that of sorting the segments; one that is known already need not be made again.
    ///
    /// - Throws: `CorpusError.nothingToScore`, `.unusableWeight`, `.phasesTooLong`, `.phaseTooShort`.
    package func plan(seed: UInt64, epoch: Int) throws -> EpochPlan {
        let phases = try isMix ? mixedOrder(seed: seed, epoch: epoch) : [wholeOrder(seed: seed, epoch: epoch)]
        return EpochPlan(phases, corpus: self, seed: seed, epoch: epoch)
    }

    func firstDocument(ofSource source: Int) -> Int { firstDocuments[source] }

    /// Which source a document belongs to, and its number there.
    func place(ofDocument document: Int) -> (source: Int, index: Int) {
        precondition(document >= 0 && document < documentCount, "document number out of range")
        // Few sources: a scan is as fast as a search.
        let source = (sources.indices.last { firstDocuments[$0] <= document && document < firstDocuments[$0 + 1] }) ?? 0
        return (source, document - firstDocuments[source])
    }

    func segment(_ place: EpochPlan.Place) -> CorpusSegment {
        let (source, index) = self.place(ofDocument: Int(place.document))
        let tokens = sources[source].tokens
        let entry = tokens.entry(index)
        return tokens.segment(
            Int(place.piece), of: entry, sequenceLength: sequenceLength, source: source,
            domain: domain(of: entry, source: source))
    }

    /// Number in `domains` of a source's document.
    func domain(of entry: TokenFile.Entry, source: Int) -> Int {
        let (none, own) = domainNumbers[source]
        return entry.domain.flatMap { own.indices.contains($0) ? own[$0] : nil } ?? none
    }

    /// Reads the ids of some segments and packs them into one window, in their order.
    ///
    /// - Parameter segments: at least one, of at most `sequenceLength` tokens together.
    /// - Throws: `CorpusError.damagedCache` where the file has not the bytes that were written.
    package func window(_ segments: some Collection<CorpusSegment>) throws -> TrainingWindow {
        var ids: [Int32] = []
        var lengths: [Int] = []
        var scored: [Bool] = []
        var pieces: [TrainingWindow.Piece] = []
        ids.reserveCapacity(sequenceLength)
        scored.reserveCapacity(sequenceLength)
        for segment in segments {
            // With attention over the window, the last token of the document before predicts the first of this one.
            let continues = attention == .window && !ids.isEmpty
            if continues { lengths[0] += segment.tokenCount } else { lengths.append(segment.tokenCount) }
            pieces.append(
                TrainingWindow.Piece(start: ids.count, source: segment.source, domain: segment.domain))
            let tokens = sources[segment.source].tokens
            try tokens.appendTokens(from: segment.tokenOffset, count: segment.tokenCount, to: &ids)
            let unscored = max(continues ? 0 : 1, segment.contextTokens)
            scored.append(contentsOf: repeatElement(false, count: unscored))
            if let mask = tokens.mask {
                let place = segment.tokenOffset
                scored += (place + unscored..<place + segment.tokenCount).lazy.map { mask[$0] }
            } else {
                scored.append(contentsOf: repeatElement(true, count: segment.tokenCount - unscored))
            }
        }
        return TrainingWindow(
            tokenIDs: ids, segments: Spans(lengths: lengths), scored: scored, pieces: pieces)
    }
}

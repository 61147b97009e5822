import RandomNumbers

/// Which segments an epoch has, and in which order. Segments are sorted by a number made of the seed, the epoch and the document's
/// content, so that the order does not depend on how the corpus is split into files. Equal documents are told apart by counting them.
/// Memory: 24 bytes a segment while an order is made, 8 of them kept.
extension Corpus {
    private typealias Keyed = (key: UInt64, place: EpochPlan.Place)

    /// Every segment once.
    func wholeOrder(seed: UInt64, epoch: Int) throws -> [EpochPlan.Place] {
        var keyed: [Keyed] = []
        forEachSegment(ofSource: 0) { entry, piece, place in
            keyed.append(
                (
                    SplitMix64.mix(seed, UInt64(epoch), entry.contentHash, UInt64(entry.occurrence), UInt64(piece)),
                    place
                ))
        }
        guard !keyed.isEmpty else { throw CorpusError.nothingToScore(paths: [sources[0].tokens.path]) }
        keyed.sort { $0.key < $1.key }
        return keyed.map(\.place)
    }

    /// A mix's epoch has as many tokens as its sources allow without one being gone through more than its `repeats` times:
    ///
    ///     E = min over sources of repeats * tokens / share        share = weight / sum of weights
    ///
    /// Each source gives share * E of them, to within a segment. A source is gone through in its own shuffled order, then again in
    /// another one; where an epoch of the mix stops in it, the next one goes on: no segment comes a second time before all the
    /// others of its source have come once.
    func mixedOrder(seed: UInt64, epoch: Int) throws -> [EpochPlan.Place] {
        var keyed: [Keyed] = []
        for (index, quota) in try tokensOfEpoch().enumerated() {
            let (source, passTokens) = (sources[index], scorableTokens(ofSource: index))
            let wanted = epoch * quota..<(epoch + 1) * quota
            for pass in wanted.lowerBound / passTokens...(wanted.upperBound - 1) / passTokens {
                var offset = pass * passTokens
                for place in passOrder(ofSource: index, seed: seed, pass: pass) {
                    if wanted.contains(offset) {
                        let key = SplitMix64.mix(
                            seed, UInt64(epoch), source.nameHash, key(place), UInt64(pass), UInt64(place.piece))
                        keyed.append((key, place))
                    }
                    offset += segment(place).tokenCount
                }
            }
        }
        guard !keyed.isEmpty else { throw CorpusError.nothingToScore(paths: sources.map(\.name)) }
        keyed.sort { $0.key < $1.key }
        return keyed.map(\.place)
    }

    /// Number of tokens that each source gives to one epoch of the mix, in the order of `sources`; a segment counts for the epoch in
    /// which it begins.
    ///
    /// - Throws: `CorpusError.nothingToScore` for a source without a scored token, `.unusableWeight` for one that would give no
    ///   token, or too many to count.
    package func tokensOfEpoch() throws -> [Int] {
        let total = sources.reduce(0) { $0 + $1.weight }
        let available = sources.indices.map { Double(scorableTokens(ofSource: $0)) }
        if let empty = available.firstIndex(of: 0) {
            throw CorpusError.nothingToScore(paths: [sources[empty].name])
        }
        let epoch = zip(sources, available).map { $0.repeats * $1 * total / $0.weight }.min() ?? 0
        return try sources.map { source in
            let quota = (epoch * source.weight / total).rounded()
            guard quota >= 1, quota < Double(1 << 52) else {
                throw CorpusError.unusableWeight(source: source.name, weight: source.weight)
            }
            return Int(quota)
        }
    }

    private func passOrder(ofSource source: Int, seed: UInt64, pass: Int) -> [EpochPlan.Place] {
        var keyed: [Keyed] = []
        let name = sources[source].nameHash
        forEachSegment(ofSource: source) { entry, piece, place in
            let key = SplitMix64.mix(
                seed, name, UInt64(pass), entry.contentHash, UInt64(entry.occurrence), UInt64(piece))
            keyed.append((key, place))
        }
        keyed.sort { $0.key < $1.key }
        return keyed.map(\.place)
    }

    private func key(_ place: EpochPlan.Place) -> UInt64 {
        let (source, index) = self.place(ofDocument: Int(place.document))
        let entry = sources[source].tokens.entry(index)
        return SplitMix64.mix(entry.contentHash, UInt64(entry.occurrence))
    }

    private func scorableTokens(ofSource source: Int) -> Int {
        var tokens = 0
        forEachSegment(ofSource: source) { entry, piece, _ in
            tokens += min(sequenceLength, entry.tokenCount - piece * sequenceLength)
        }
        return tokens
    }

    /// Calls `body` with each segment of a source that has a token to score.
    private func forEachSegment(ofSource source: Int, _ body: (TokenFile.Entry, Int, EpochPlan.Place) -> Void) {
        let (tokens, first) = (sources[source].tokens, firstDocument(ofSource: source))
        for index in 0..<tokens.documentCount {
            let entry = tokens.entry(index)
            for piece in 0..<entry.pieceCount(sequenceLength: sequenceLength)
            where tokens.segment(piece, of: entry, sequenceLength: sequenceLength).scoredTokens > 0 {
                body(entry, piece, EpochPlan.Place(document: UInt32(first + index), piece: UInt32(piece)))
            }
        }
    }
}

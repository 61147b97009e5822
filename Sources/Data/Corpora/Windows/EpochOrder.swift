import RandomNumbers

/// Which segments an epoch has, and in which order. Shuffled, segments are sorted by a number made of the seed, the epoch and the document's
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
        if order == .shuffled { keyed.sort { $0.key < $1.key } }
        return keyed.map(\.place)
    }

    /// A mix's epoch has as many tokens as its sources allow without one being gone through more than its `repeats` times:
    ///
    ///     E = min over sources of repeats * tokens / share        share = weight / sum of weights
    ///
    /// Each source gives share * E of them, to within a segment. A source is gone through in its own order, shuffled or that of its files,
    /// then again (shuffled: in another one); where an epoch of the mix stops in it, the next one goes on: no segment comes a second time
    /// before all the others of its source have come once. Phases are such epochs, one behind the other, whose tokens and shares are given.
    ///
    /// - Returns: the segments of each phase, in their order; of the whole epoch where there are no phases.
    func mixedOrder(seed: UInt64, epoch: Int) throws -> [[EpochPlan.Place]] {
        let phases = try tokensOfPhases()
        var begun = sources.indices.map { source in epoch * phases.reduce(0) { $0 + $1[source] } }
        return phases.map { quotas in
            var keyed: [Keyed] = []
            for (index, quota) in quotas.enumerated() where quota > 0 {
                addSegments(ofSource: index, begun[index]..<begun[index] + quota, seed: seed, epoch: epoch, to: &keyed)
                begun[index] += quota
            }
            precondition(!keyed.isEmpty, "a source gives as many tokens as its longest segment has")
            keyed.sort { $0.key < $1.key }
            return keyed.map(\.place)
        }
    }

    /// Adds the segments of a source that begin at `wanted` tokens of it, counted on through all passes over the source.
    private func addSegments(
        ofSource index: Int, _ wanted: Range<Int>, seed: UInt64, epoch: Int, to keyed: inout [Keyed]
    ) {
        let (source, passTokens) = (sources[index], scorable(ofSource: index).tokens)
        for pass in wanted.lowerBound / passTokens...(wanted.upperBound - 1) / passTokens {
            var offset = pass * passTokens
            for place in passOrder(ofSource: index, seed: seed, pass: pass) {
                if wanted.contains(offset) {
                    let key =
                        order == .files
                        ? Self.share(offset - wanted.lowerBound, of: wanted.count)
                        : SplitMix64.mix(
                            seed, UInt64(epoch), source.nameHash, key(place), UInt64(pass), UInt64(place.piece))
                    keyed.append((key, place))
                }
                offset += segment(place).tokenCount
            }
        }
    }

    /// What part of the whole `part` is, in 2^64ths: sources that keep their order come side by side by it.
    private static func share(_ part: Int, of whole: Int) -> UInt64 {
        UInt64(whole).dividingFullWidth((UInt64(part), 0)).quotient
    }

    /// Number of tokens that each source gives to each phase, in the order of `sources`; a mix without phases has one, its epoch.
    /// [phases][sources]
    ///
    /// - Throws: `CorpusError.phasesTooLong` where a source has not enough of them, `.phaseTooShort` where it hangs on the seed whether a
    ///   phase has a segment, and as `tokensOfEpoch` does.
    package func tokensOfPhases() throws -> [[Int]] {
        guard !phases.isEmpty else { return [try tokensOfEpoch()] }
        let quotas = try phases.map { phase in
            let total = phase.weights.reduce(0, +)
            return try zip(sources, phase.weights).map { source, weight in
                let quota = (Double(phase.tokens) * weight / total).rounded()
                guard weight == 0 || (quota >= 1 && quota < Double(1 << 52)) else {
                    throw CorpusError.unusableWeight(source: source.name, weight: weight)
                }
                return Int(quota)
            }
        }
        let available = try scorableOfSources()
        for (index, source) in sources.enumerated() {
            let (needed, available) = (quotas.reduce(0) { $0 + $1[index] }, available[index].tokens)
            guard Double(needed) <= source.repeats * Double(available) else {
                throw CorpusError.phasesTooLong(source: source.name, needed: needed, available: available)
            }
        }
        for (index, phase) in phases.enumerated() {
            try check(quotas[index], phase.weights, available.map(\.longest), phase: index + 1, tokens: phase.tokens)
        }
        return quotas
    }

    /// Number of tokens that each source gives to one epoch of the mix, in the order of `sources`; a segment counts for the epoch in
    /// which it begins.
    ///
    /// - Throws: `CorpusError.nothingToScore` for a source without a scored token, `.unusableWeight` for one that would give no
    ///   token, or too many to count, `.phaseTooShort` where an epoch may come without a segment.
    package func tokensOfEpoch() throws -> [Int] {
        let total = sources.reduce(0) { $0 + $1.weight }
        let available = try scorableOfSources()
        let epoch = MixShare.epochTokens(
            zip(sources, available).map {
                MixShare(weight: $0.weight, repeats: $0.repeats, tokens: Double($1.tokens))
            })
        let quotas = try sources.map { source in
            let quota = (epoch * source.weight / total).rounded()
            guard quota >= 1, quota < Double(1 << 52) else {
                throw CorpusError.unusableWeight(source: source.name, weight: source.weight)
            }
            return Int(quota)
        }
        try check(
            quotas, sources.map(\.weight), available.map(\.longest), phase: nil, tokens: quotas.reduce(0, +))
        return quotas
    }

    /// A segment begins in any stretch of a source that is as long as its longest one.
    private func check(
        _ quotas: [Int], _ weights: [Double], _ longest: [Int], phase: Int?, tokens: Int
    ) throws(CorpusError) {
        guard !zip(quotas, longest).contains(where: { $0 >= $1 }) else { return }
        let total = weights.reduce(0, +)
        let needed = zip(weights, longest).map { (Double($1) * total / $0).rounded(.up) }.min() ?? 0
        throw .phaseTooShort(phase: phase, tokens: tokens, needed: Int(min(needed, Double(1 << 52))))
    }

    private func passOrder(ofSource source: Int, seed: UInt64, pass: Int) -> [EpochPlan.Place] {
        var keyed: [Keyed] = []
        let name = sources[source].nameHash
        forEachSegment(ofSource: source) { entry, piece, place in
            let key = SplitMix64.mix(
                seed, name, UInt64(pass), entry.contentHash, UInt64(entry.occurrence), UInt64(piece))
            keyed.append((key, place))
        }
        if order == .shuffled { keyed.sort { $0.key < $1.key } }
        return keyed.map(\.place)
    }

    private func key(_ place: EpochPlan.Place) -> UInt64 {
        let (source, index) = self.place(ofDocument: Int(place.document))
        let entry = sources[source].tokens.entry(index)
        return SplitMix64.mix(entry.contentHash, UInt64(entry.occurrence))
    }

    /// Tokens of a source's segments with a token to score: of all, and of the longest.
    private func scorable(ofSource source: Int) -> (tokens: Int, longest: Int) {
        var (tokens, longest) = (0, 0)
        forEachSegment(ofSource: source) { entry, piece, _ in
            let count = min(sequenceLength, entry.tokenCount - piece * sequenceLength)
            tokens += count
            longest = max(longest, count)
        }
        return (tokens, longest)
    }

    private func scorableOfSources() throws(CorpusError) -> [(tokens: Int, longest: Int)] {
        let all = sources.indices.map(scorable)
        if let empty = all.firstIndex(where: { $0.tokens == 0 }) {
            throw .nothingToScore(paths: [sources[empty].name])
        }
        return all
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

/// How much fits into a batch beside what is in it. Pure.
///
/// A segment costs its tokens. An engine that shares prefixes computes once what segments have in common at their beginnings: the second
/// one costs what it has of its own, and `sharingCost`. Only segments that want the same temperatures go through one forward, so only
/// those share. Within these costs neither computing nor memory exceed those of a batch of as many tokens in which nothing is shared.
package struct BatchRoom: Sendable {
    /// What a segment that shares costs beside its own tokens: the keys around the place where it parts from the others are held again.
    package static let sharingCost = 64
    /// Every token of a batch has results, wherever they were computed: as many as its likeliest tokens, counted as this many at least.
    private static let leastResults = 8
    /// Most results for each token of the room, where there are more tokens than the room holds.
    private static let mostResults = 64

    /// What all segments of a batch may cost together.
    package let room: Int
    private let sharesPrefixes: Bool
    /// Of the segments that want the same temperatures, by these.
    private var trees: [[Double]: PrefixTree] = [:]
    /// What the segments taken so far cost.
    package private(set) var cost = 0
    /// Tokens of the segments taken so far.
    package private(set) var tokens = 0
    /// Likeliest tokens that are wanted at most.
    private var topK = 0

    /// An empty batch.
    ///
    /// - Parameters:
    ///   - room: what its segments may cost together, above 0.
    ///   - sharesPrefixes: whether the engine does, as `TeacherEngine` says.
    package init(_ room: Int, sharesPrefixes: Bool) {
        precondition(room > 0, "a batch holds at least one token")
        self.room = room
        self.sharesPrefixes = sharesPrefixes
    }

    /// Tokens that are computed once for several segments.
    package var sharedTokens: Int {
        sharesPrefixes ? trees.values.reduce(tokens) { $0 - $1.tokenIDs.count } : 0
    }

    /// Most likeliest tokens that the results of a batch can hold, of all its tokens together, where no segment wants more than `topK`.
    package static func mostTop(_ room: Int, topK: Int) -> Int {
        room * max(topK, min(leastResults * topK, mostResults))
    }

    /// What a segment would cost here, from 1 up to its tokens; nil where the batch has too many results already.
    ///
    /// - Parameter detail: what it wants. All segments of a batch have as many likeliest tokens as one of them wants.
    package func cost(of tokenIDs: [Int32], _ detail: ScoreDetail = .none) -> Int? {
        let tokensThen = tokens + tokenIDs.count
        let results = tokensThen * max(Self.leastResults, topK, detail.topK)
        guard tokens == 0 || tokensThen <= room || results <= Self.mostResults * room else { return nil }
        guard sharesPrefixes, let tree = trees[detail.temperatures] else { return tokenIDs.count }
        return tokenIDs.count - max(0, tree.sharedTokens(of: tokenIDs[...]) - Self.sharingCost)
    }

    /// Whether a segment fits: the first does, whatever it costs.
    package func fits(_ tokenIDs: [Int32]) -> Bool {
        tokens == 0 || cost(of: tokenIDs).map { cost + $0 <= room } ?? false
    }

    /// Takes a segment in, whether or not it fits.
    package mutating func take(_ tokenIDs: [Int32], _ detail: ScoreDetail = .none) {
        cost += cost(of: tokenIDs, detail) ?? tokenIDs.count
        topK = max(topK, detail.topK)
        tokens += tokenIDs.count
        if sharesPrefixes { trees[detail.temperatures, default: PrefixTree()].insert(tokenIDs[...]) }
    }
}

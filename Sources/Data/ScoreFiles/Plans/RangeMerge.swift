/// The numbers of all ranges of a plan, once none is lost, or another plan's or teacher's.
package struct RangeMerge {
    private let results: RangeResults
    private let entries: [RangeResults.Entry]
    /// The teacher of every range.
    package let identity: ScoresIdentity

    /// Reads the manifests of all ranges; their numbers are not read.
    ///
    /// - Parameter model: the teacher's name.
    /// - Throws: `ScoreFileError` where a range is not there, is another's, or has another teacher than the first one.
    package init(_ plan: ScoringPlan, _ results: RangeResults, model: String) throws {
        self.results = results
        entries = try plan.parts.map { try results.entry($0, of: plan, model: model) }
        guard let first = entries.first else {
            throw ScoreFileError.otherPlan(path: plan.path, reason: "it has no items")
        }
        for entry in entries {
            if let difference = first.identity.difference(entry.identity) {
                throw ScoreFileError.changed(
                    path: results.folder, what: difference.what, was: difference.own, now: difference.other)
            }
        }
        identity = first.identity
    }

    /// A range's numbers, every byte checked. [items of the range]
    ///
    /// - Throws: `ScoreFileError`.
    package func values(_ part: ScoringPlan.Part) throws -> [Float] { try results.values(part, entries[part.number]) }
}

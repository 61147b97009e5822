/// Facts of one kind that a plan puts among the documents of its bases.
struct FactBook: Sendable, Equatable {
    /// Its name, in paths and as the domain of held-out losses: `retained`, `acquired-4`.
    let name: String
    /// Whether it is read in pre-training alone; the others are read in mid-training alone.
    let isRetained: Bool
    /// Number of facts.
    let count: Int
    /// How often each is read.
    let exposures: Int

    /// Every book of a plan, those of pre-training first; none where it has no facts.
    static func all(_ plan: FlywheelPlan) -> [FactBook] {
        guard let facts = plan.facts else { return [] }
        return [
            FactBook(
                name: "retained", isRetained: true, count: facts.retained, exposures: facts.retainedExposures)
        ]
            + facts.exposures.map {
                FactBook(name: "acquired-\($0)", isRetained: false, count: facts.acquired, exposures: $0)
            }
    }
}

import Annealing

/// What two runs have in common, so that their losses can be compared: a loss is a mean over tokens, and of other tokens it is another
/// number, whatever the run learnt.
struct RunComparison {
    private let run: LoggedRun
    private let base: LoggedRun
    /// The first step of both at which they read other numbers of tokens; nil where there is none.
    private let otherTokens: (own: StepRecord, base: StepRecord)?
    /// Scored tokens of the held-out corpora, and the domain that they are of where only domains tell; nil where the corpora are as large.
    private let otherHeldOut: (domain: String?, own: Int, base: Int)?

    init(_ run: LoggedRun, to base: LoggedRun) {
        self.run = run
        self.base = base
        let steps = Dictionary(base.steps.map { ($0.step, $0) }) { $1 }
        otherTokens = run.steps.lazy.compactMap { own in steps[own.step].map { (own: own, base: $0) } }.first {
            $0.own.tokens != $0.base.tokens || $0.own.scoredTokens != $0.base.scoredTokens
        }
        otherHeldOut = Self.heldOut(run.evaluations.last, base.evaluations.last)
    }

    /// Whether the steps of both read as many tokens and scored as many.
    var hasSameSteps: Bool { otherTokens == nil }

    /// Whether the held-out losses are of corpora with as many scored tokens, in each domain too; true where a run has none.
    var hasSameHeldOut: Bool { otherHeldOut == nil }

    private var hasHeldOut: Bool { !run.evaluations.isEmpty && !base.evaluations.isEmpty }

    /// Sentences that say what differs.
    var remarks: [String] {
        var remarks: [String] = []
        if let (own, base) = otherTokens {
            remarks.append(
                "The runs \(run.name) and \(self.base.name) read other tokens at a step: \(own.tokens) against \(base.tokens) at step "
                    + "\(own.step), \(own.scoredTokens) of them scored against \(base.scoredTokens). The differences of their losses at "
                    + "a step do not say which run is better"
                    + (hasHeldOut && hasSameHeldOut ? "; that of their held-out losses does." : "."))
        }
        if let (domain, own, base) = otherHeldOut {
            let part = domain.map { " in the domain \($0)" } ?? ""
            remarks.append(
                "The runs \(run.name) and \(self.base.name) have other held-out corpora: \(own) scored tokens\(part) against \(base). "
                    + "No difference is taken of their held-out losses.")
        }
        return remarks
    }

    private static func heldOut(
        _ own: EvaluationRecord?, _ base: EvaluationRecord?
    ) -> (domain: String?, own: Int, base: Int)? {
        guard let own, let base else { return nil }
        if own.heldOutTokens != base.heldOutTokens { return (nil, own.heldOutTokens, base.heldOutTokens) }
        guard let ownDomains = own.heldOutDomains, let baseDomains = base.heldOutDomains else { return nil }
        func tokens(_ domains: [DomainLoss], _ name: String) -> Int {
            domains.first { $0.domain == name }?.scoredTokens ?? 0
        }
        for name in Set((ownDomains + baseDomains).map(\.domain)).sorted() {
            let (left, right) = (tokens(ownDomains, name), tokens(baseDomains, name))
            if left != right { return (name, left, right) }
        }
        return nil
    }
}

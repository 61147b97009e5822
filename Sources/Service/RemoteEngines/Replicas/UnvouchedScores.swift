/// What a URL answered since its canaries were last what they should be: until the next look it may have been another model's, as where
/// weights are updated in place. Pure.
struct UnvouchedScores {
    /// Told once whether the model was still the same.
    typealias Call = @Sendable (_ isSame: Bool) -> Void

    /// Answers that wait for a look at a time, and their tokens: what comes beyond is not vouched for.
    static let (mostAnswers, mostTokens) = (1 << 16, 1 << 23)

    /// Bytes that they hold where whoever is told keeps their log-probs: these, and a key, a place and a closure each.
    static let mostBytes = 4 * mostTokens + 640 * mostAnswers

    private struct Answer {
        let tokens: Int
        let call: Call
    }

    /// How often answers were given up. What was asked for under another number is not this model's.
    private(set) var generation = 0
    /// Since the look that is under way began.
    private var later: [Answer] = []
    private var underLook: [Answer] = []
    private var tokens = 0

    /// Likewise, whether anything was answered to who asks for the whole with `takeLoss`.
    private var uncounted = (later: false, underLook: false)
    private var hasLost = false

    /// What waits for a look.
    struct Waiting {
        /// Whether there are answers.
        let areSome: Bool
        /// Whether there are so many that a look should not be waited for.
        let areMany: Bool
        /// Whether there are answers that only `takeLoss` tells of.
        let areUncounted: Bool
    }

    var waiting: Waiting {
        Waiting(
            areSome: count > 0, areMany: 2 * count > Self.mostAnswers || 2 * tokens > Self.mostTokens,
            areUncounted: isUncounted)
    }

    private var isUncounted: Bool { uncounted.later || uncounted.underLook }
    private var count: Int { later.count + underLook.count }

    /// Takes an answer in that was asked for under `generation`; false where nobody will vouch for it.
    mutating func add(tokens: Int, asked generation: Int, _ call: @escaping Call) -> Bool {
        guard generation == self.generation, count < Self.mostAnswers, self.tokens < Self.mostTokens else {
            return false
        }
        later.append(Answer(tokens: tokens, call: call))
        self.tokens += tokens
        return true
    }

    /// Notes an answer that was asked for under `generation` and of which only `takeLoss` tells.
    mutating func add(asked generation: Int) {
        if generation == self.generation { uncounted.later = true } else { hasLost = true }
    }

    /// Whether any of those answers was given up since the last call, or is not vouched for now.
    mutating func takeLoss() -> Bool {
        defer { (hasLost, uncounted) = (false, (false, false)) }
        return hasLost || isUncounted
    }

    /// A look begins: what it finds holds for what was answered before.
    mutating func beginLook() {
        underLook += later
        later = []
        uncounted = (false, isUncounted)
    }

    /// The look found what it should; those to be told so.
    mutating func vouch() -> [Call] {
        defer { underLook = [] }
        uncounted.underLook = false
        tokens -= underLook.reduce(0) { $0 + $1.tokens }
        return underLook.map(\.call)
    }

    /// It is, or was, another: whatever it answered since the look before, and has yet to answer to what it was asked, is given up.
    mutating func giveUp() -> [Call] {
        defer { (underLook, later, tokens) = ([], [], 0) }
        generation += 1
        hasLost = hasLost || isUncounted
        uncounted = (false, false)
        return (underLook + later).map(\.call)
    }
}

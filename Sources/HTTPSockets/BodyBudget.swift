import Synchronization

/// Bounds the bodies of all connections together: many large posts may not take the memory that one may.
///
/// What counts is memory claimed for bytes that arrive, not what heads announce: announcing is free and holds nothing.
package final class BodyBudget: Sendable {
    let limit: Int
    private let held = Atomic<Int>(0)

    package init(limit: Int) { self.limit = limit }

    package var heldBytes: Int { held.load(ordering: .relaxed) }

    fileprivate func take(_ bytes: Int) -> Bool {
        let after = held.add(bytes, ordering: .relaxed).newValue
        if after > limit { held.subtract(bytes, ordering: .relaxed) }
        return after <= limit
    }

    fileprivate func give(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }
}

/// One body's share of the budget, from its first byte until its request is answered, however that ends.
package final class BodyLease {
    private let budget: BodyBudget
    private var bytes = 0

    package init(_ budget: BodyBudget) { self.budget = budget }

    deinit { budget.give(bytes) }

    /// Before the body's memory grows.
    func grow(to total: Int) throws(HTTPProtocolError) {
        guard budget.take(total - bytes) else { throw .tooManyBodyBytes(limit: budget.limit) }
        bytes = total
    }
}

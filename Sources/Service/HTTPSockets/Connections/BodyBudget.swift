import Synchronization

/// Bounds the bodies of all connections together, and what is made of them: many large posts may not take the memory that one may.
///
/// What counts is memory claimed for bytes that arrive, not what heads announce: announcing is free and holds nothing.
package final class BodyBudget: Sendable {
    let limit: Int
    private let held = Atomic<Int>(0)

    /// - Parameter limit: in bytes, over all connections; a claim beyond it is refused.
    package init(limit: Int) { self.limit = limit }

    /// Bytes claimed by all leases together. A claim that is being refused may show in it for an instant.
    package var heldBytes: Int { held.load(ordering: .relaxed) }

    fileprivate func take(_ bytes: Int) -> Bool {
        let after = held.add(bytes, ordering: .relaxed).newValue
        if after > limit { held.subtract(bytes, ordering: .relaxed) }
        return after <= limit
    }

    fileprivate func give(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }
}

/// One request's share of the budget, from its body's first byte until it is answered, however that ends.
package final class BodyLease: Sendable {
    private let budget: BodyBudget
    private let claimed = Atomic<Int>(0)

    /// A lease of nothing; what is claimed goes back to `budget` when its last reference goes.
    package init(_ budget: BodyBudget) { self.budget = budget }

    deinit { budget.give(held) }

    /// Bytes that are claimed.
    package var held: Int { claimed.load(ordering: .relaxed) }

    /// Bytes that may still be claimed where nobody else holds any.
    package var rest: Int { budget.limit - held }

    /// Claims `bytes` more of the budget, before the request's memory grows by so much.
    ///
    /// - Throws: `HTTPProtocolError.tooManyBodyBytes` (503) where all connections together would exceed the budget's limit.
    package func claim(_ bytes: Int) throws(HTTPProtocolError) {
        guard budget.take(bytes) else { throw .tooManyBodyBytes(limit: budget.limit) }
        claimed.add(bytes, ordering: .relaxed)
    }

    /// Most bytes that all leases together may hold.
    package var limit: Int { budget.limit }

    /// Runs `work`, which takes so many bytes for as long as it runs.
    ///
    /// - Throws: `HTTPProtocolError.tooManyBodyBytes` as `claim` does, and what `work` throws.
    package func holding<Value>(_ bytes: Int, _ work: () throws -> Value) throws -> Value {
        guard budget.take(bytes) else { throw HTTPProtocolError.tooManyBodyBytes(limit: budget.limit) }
        defer { budget.give(bytes) }
        return try work()
    }
}

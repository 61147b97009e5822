import LocalEngines
import Testing

struct MemoryBudgetTests {
    @Test func aReservationEndsWithItsLastReference() throws {
        let budget = MemoryBudget(limit: 100)
        try budget.hold(10)
        var first: MemoryReservation? = try budget.reserve(60)
        #expect(first != nil && budget.inUse == 70)
        #expect(throws: MemoryBudget.Exceeded(needed: 31, inUse: 70, limit: 100)) { try budget.reserve(31) }
        let second = try budget.reserve(30)
        first = nil
        #expect(budget.inUse == 40)
        withExtendedLifetime(second) {}
    }

    @Test func aNumberOfBytesIsNeverNegative() {
        #expect(throws: MemoryBudget.Exceeded.self) { try MemoryBudget(limit: 1).reserve(.max) }
    }
}

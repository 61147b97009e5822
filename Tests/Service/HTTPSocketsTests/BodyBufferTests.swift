import HTTPSockets
import Testing

@Suite struct BodyBufferTests {
    @Test func memoryGrowsWithWhatArrivesNotWithWhatIsAnnounced() throws {
        for framing in [HTTPRequestHead.Framing.length(1 << 40), .chunked] {
            let budget = BodyBudget(limit: .max)
            var body = BodyBuffer(framing: framing, lease: BodyLease(budget))
            let part = [UInt8](repeating: 1, count: 100_000)
            for round in 1...50 {
                try part.withUnsafeBytes { try body.append($0[...]) }
                #expect((body.bytes.count...body.bytes.capacity).contains(budget.heldBytes))
                #expect(body.bytes.count == round * part.count)
                // The allocator may round up a little.
                #expect(body.bytes.capacity <= max(300 << 10, 5 * body.bytes.count))
            }
        }
    }

    @Test func aSmallBodyTakesWhatItNeeds() throws {
        var body = BodyBuffer(framing: .length(10), lease: BodyLease(BodyBudget(limit: 10)))
        try [UInt8](0..<10).withUnsafeBytes { try body.append($0[...]) }
        #expect(body.bytes == Array(0..<10) && body.bytes.capacity < 100)
    }

    @Test func theBudgetIsSharedAndGivenBack() throws {
        let budget = BodyBudget(limit: 100)
        func take(_ count: Int, _ lease: BodyLease) throws {
            var body = BodyBuffer(framing: .length(count), lease: lease)
            try [UInt8](repeating: 0, count: count).withUnsafeBytes { try body.append($0[...]) }
        }
        do {
            let lease = BodyLease(budget)
            try take(60, lease)
            #expect(throws: HTTPProtocolError.tooManyBodyBytes(limit: 100)) { try take(60, BodyLease(budget)) }
            #expect(budget.heldBytes == 60)
            withExtendedLifetime(lease) {}
        }
        #expect(budget.heldBytes == 0)
        try take(100, BodyLease(budget))
    }
}

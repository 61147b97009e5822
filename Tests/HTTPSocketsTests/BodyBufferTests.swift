import HTTPSockets
import Testing

@Suite struct BodyBufferTests {
    @Test func memoryGrowsWithWhatArrivesNotWithWhatIsAnnounced() {
        for framing in [HTTPRequestHead.Framing.length(1 << 40), .chunked] {
            var body = BodyBuffer(framing: framing)
            let part = [UInt8](repeating: 1, count: 100_000)
            for round in 1...50 {
                part.withUnsafeBytes { body.append($0[...]) }
                #expect(body.bytes.count == round * part.count)
                // The allocator may round up a little.
                #expect(body.bytes.capacity <= max(300 << 10, 5 * body.bytes.count))
            }
        }
    }

    @Test func aSmallBodyTakesWhatItNeeds() {
        var body = BodyBuffer(framing: .length(10))
        [UInt8](0..<10).withUnsafeBytes { body.append($0[...]) }
        #expect(body.bytes == Array(0..<10) && body.bytes.capacity < 100)
    }
}

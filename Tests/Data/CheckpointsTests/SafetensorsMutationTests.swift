import Checkpoints
import TestSupport
import Testing

/// Files near to good ones: each is refused with a `SafetensorsError`, or its tensors fill its data exactly.
@Suite struct SafetensorsMutationTests {
    private let whole = SafetensorsWriter(
        [
            .init(name: "model.a", elementType: .f32, shape: [2, 3], bytes: [UInt8](repeating: 1, count: 24)),
            .init(name: "model.b", elementType: .bf16, shape: [5], bytes: [UInt8](repeating: 2, count: 10)),
            .init(name: "c", elementType: .u8, shape: [], bytes: [3]),
        ], metadata: ["format": "pt"]
    ).bytes()

    private func check(_ bytes: [UInt8]) throws {
        do {
            let header = try bytes.withUnsafeBytes { try SafetensorsHeader(parsing: $0, source: "memory") }
            var filled = 0
            for entry in header.entries {
                #expect(entry.byteRange.lowerBound == filled)
                #expect(entry.shape.reduce(1, *) * entry.elementType.byteCount == entry.byteRange.count)
                filled = entry.byteRange.upperBound
            }
            #expect(header.dataOffset + filled == bytes.count)
        } catch is SafetensorsError {}
    }

    @Test func anyByteMayBeAnother() throws {
        var random = DrawnRandom()
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : whole[at] ^ 1
            }
            try check(bytes)
        }
    }

    @Test func everyCutIsRefused() {
        for count in 0..<whole.count {
            #expect(throws: SafetensorsError.self) {
                try whole.prefix(count).withUnsafeBytes { try SafetensorsHeader(parsing: $0, source: "memory") }
            }
        }
    }
}

import Digests
import Testing

@Suite struct DamageCheckTests {
    private static func hex(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { DamageCheck($0).hex } }

    /// Of nothing, the tag of test case 13 of McGrew and Viega's specification of GCM; of more, what OpenSSL gives (Python's cryptography).
    @Test func isTheTagOfGCM() {
        #expect(Self.hex([]) == "530f8afbc74536b9a963b4f1c4cb738b")
        #expect(Self.hex((0..<100_003).map { UInt8($0 % 251) }) == "15d280a76997dfe59902f8dcddb6b52a")
    }

    @Test func aBitMoreOrLessIsFound() {
        let bytes = (0..<4097).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let whole = Self.hex(bytes)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1 << UInt8(index % 8)
            #expect(Self.hex(damaged) != whole)
        }
        #expect(Self.hex(Array(bytes.dropLast())) != whole)
        #expect(Self.hex(bytes + [0]) != whole)
    }
}

import Digests
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-2, appendix B, and the empty message.
    static let vectors: [(message: [UInt8], hex: String)] = [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            Array(repeating: UInt8(ascii: "a"), count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test(arguments: vectors.indices) func nistVector(_ index: Int) {
        let vector = Self.vectors[index]
        #expect(SHA256Hasher.digest(vector.message).hex == vector.hex)
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var hasher = SHA256Hasher()
        for start in stride(from: 0, to: message.count, by: 37) {
            hasher.update(Array(message[start..<min(start + 37, message.count)]))
        }
        #expect(hasher.finalize() == SHA256Hasher.digest(message))
    }

    @Test func fieldsCannotBeShiftedIntoEachOther() {
        func digest(_ fields: [String]) -> SHA256Digest {
            var hasher = SHA256Hasher()
            for field in fields { hasher.update(field: field) }
            return hasher.finalize()
        }
        #expect(digest(["ab", "c"]) != digest(["a", "bc"]))
        #expect(digest(["ab", ""]) != digest(["ab"]))
    }

    @Test func littleEndianIsLowestByteFirst() {
        var hasher = SHA256Hasher()
        hasher.update(littleEndian: 0x0102)
        #expect(hasher.finalize() == SHA256Hasher.digest([2, 1, 0, 0, 0, 0, 0, 0]))
    }

    @Test func finalizeLeavesTheHasherUsable() {
        var hasher = SHA256Hasher()
        hasher.update("ab")
        _ = hasher.finalize()
        hasher.update("c")
        #expect(hasher.finalize().hex == Self.vectors[1].hex)
    }

    @Test func hexReadsBack() throws {
        let digest = SHA256Hasher.digest([1, 2, 3])
        #expect(SHA256Digest(hex: digest.hex) == digest)
        #expect(SHA256Digest(hex: digest.hex.uppercased()) == digest)
        #expect(SHA256Digest(hex: String(digest.hex.dropLast())) == nil)
        #expect(SHA256Digest(hex: digest.hex.dropLast() + "g") == nil)
        #expect(SHA256Digest(hex: "") == nil)
    }

    @Test func orderIsThatOfTheHexadecimalForm() {
        let digests = (0..<20).map { SHA256Hasher.digest([UInt8($0)]) }
        #expect(digests.sorted().map(\.hex) == digests.map(\.hex).sorted())
    }
}

import Digests
import Testing

@Suite struct ConstantTimeTests {
    @Test func equalOnlyWhenEveryByteIs() {
        let key = Array("a-secret-key".utf8)
        #expect(ConstantTime.equal(key, key))
        #expect(ConstantTime.equal([], []))
        #expect(!ConstantTime.equal(key, Array(key.dropLast())))
        #expect(!ConstantTime.equal([], key))
        for at in key.indices {
            var other = key
            other[at] ^= 1
            #expect(!ConstantTime.equal(key, other))
        }
    }
}

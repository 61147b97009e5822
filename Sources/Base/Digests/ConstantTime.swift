/// Comparison of secrets: the time depends on the lengths alone, never on where the bytes differ.
package enum ConstantTime {
    /// Whether the bytes are equal. Arrays of different lengths are told apart at once: lengths are no secret.
    package static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for at in a.indices { difference |= a[at] ^ b[at] }
        return difference == 0
    }
}

import Bytes
import Crypto
import Foundation

/// 128 bits that find damage to bytes, several times faster than SHA-256 does: their GMAC (NIST SP 800-38D) with AES-256 under a key and a
/// nonce of zeros.
///
/// Everybody knows the key: who wants to can make other bytes that pass for these. Where that matters, or the value names what it was
/// made of, take `SHA256Hasher`. Damage that nobody aims passes with a probability of about 2^-128.
package struct DamageCheck: Hashable, Sendable {
    /// 16 bytes.
    package let bytes: [UInt8]

    /// Of bytes that lie in memory, which are not copied.
    package init(_ bytes: UnsafeRawBufferPointer) {
        do {
            let key = SymmetricKey(data: [UInt8](repeating: 0, count: 32))
            let nonce = try AES.GCM.Nonce(data: [UInt8](repeating: 0, count: 12))
            self.bytes = Array(try AES.GCM.seal([UInt8](), using: key, nonce: nonce, authenticating: bytes).tag)
        } catch {
            preconditionFailure("AES-GCM takes a key of 32 bytes and a nonce of 12: \(error)")
        }
    }

    /// As 32 lower-case hexadecimal digits.
    package var hex: String { HexDigit.text(bytes) }
}

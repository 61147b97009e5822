import Coding
import Digests

extension FlywheelPlan {
    /// SHA-256 of the plan without its seeds, in hexadecimal: bases of plans with the same one may be compared.
    ///
    /// - Throws: `EncodingError` for a number that JSON has not.
    package var fingerprint: String {
        get throws {
            var plan = self
            plan.seeds = []
            var hasher = SHA256Hasher()
            hasher.update(try StateCoding.state.bytes(plan))
            return hasher.finalize().hex
        }
    }
}

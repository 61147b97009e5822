/// A change that a run was allowed: when it was resumed, from `step` on it was another one; or, of the teacher's scores, from `step` on it
/// had others too.
package struct InputChange: Sendable, Equatable, Codable {
    /// Steps that were done when the run was resumed with the change, or when the first of mixed scores were asked for or used.
    package var step: Int
    /// Name of what changed: a field of the inputs or options, `kernelPath` or `numericsVersion`.
    package var what: String
    /// Value before the change; of an input its fingerprint, `none` where it had none.
    package var was: String
    /// Value since the change; of an input its fingerprint, `none` where it has none.
    package var now: String

    package init(step: Int, what: String, was: String, now: String) {
        self.step = step
        self.what = what
        self.was = was
        self.now = now
    }
}

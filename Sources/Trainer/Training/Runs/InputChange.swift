/// A change that a resumed run was allowed: from `step` on it was another one.
package struct InputChange: Sendable, Equatable, Codable {
    /// Steps that were done when the run was resumed with the change.
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

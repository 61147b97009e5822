/// A state that is kept beside parameters and moments in a checkpoint.
package protocol ResumableState: Codable, Sendable {
    /// Kind of the runs that have such a state.
    static var kind: RunKind { get }
    /// Form of the state that this program writes and reads.
    static var currentFormat: Int { get }
    /// Form in which this state was written. Read before anything else of it, so that another one is named and not misread.
    var format: Int { get }
    /// Steps that are done.
    var step: Int { get }
    /// Updates that the optimizer made: its bias correction depends on them.
    var updates: Int { get }
}

/// One command of `remit-trainer`: what a user would type, and could replace by a tool of their own that leaves the same output.
package struct Stage: Sendable, Equatable {
    /// Name that no other stage of the plan has: `base-1/round-1/remit`.
    package let name: String
    /// Arguments of `remit-trainer`, the command first. They decide what the stage computes: a done stage with others is
    /// another one.
    package let arguments: [String]
    /// Further arguments that say how a teacher is reached this time. They may differ when the stage is continued, and are not
    /// recorded.
    package let connection: [String]
    /// Paths that are there once the command has ended well; a stage of which one is gone is done anew.
    package let leaves: [String]
    /// Path of the file that keeps the command's standard output; nil where it goes to the stage's log.
    package let output: String?
    /// Whether the command gets `--resume`, so that one that was cut off goes on from its last checkpoint.
    package let isResumable: Bool
    /// Directory that the command makes and would not write to, or go on from, where something is in it: what is left there is deleted
    /// before the stage starts anew. nil: there is none.
    package let replaces: String?

    package init(
        _ name: String, _ arguments: [String], connection: [String] = [], output: String? = nil,
        isResumable: Bool = false, replaces: String? = nil, leaves: [String] = []
    ) {
        self.name = name
        self.arguments = arguments
        self.connection = connection
        self.output = output
        self.leaves = leaves + (output.map { [$0] } ?? [])
        self.isResumable = isResumable
        self.replaces = replaces
    }
}

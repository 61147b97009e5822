/// One command of `remit-trainer`: what a user would type, and could replace by a tool of their own that leaves the same output.
package struct Stage: Sendable, Equatable {
    /// Name that no other stage of the plan has: `base-1/round-1/remit`.
    package let name: String
    /// Arguments of `remit-trainer`, the command first. They decide what the stage computes: a done stage with others counts as
    /// another plan's.
    package let arguments: [String]
    /// Further arguments that say how a teacher is reached this time. They may differ when the stage is continued, and are not
    /// recorded.
    package let connection: [String]
    /// Path of the file that keeps the command's standard output; nil where it goes to the stage's log.
    package let output: String?
    /// Whether the command gets `--resume`, so that one that was cut off goes on from its last checkpoint.
    package let isResumable: Bool
    /// Directory that the command makes and would not write to where something is in it: what a stage that was cut off left there is
    /// deleted before it starts anew. nil: there is none.
    package let replaces: String?

    package init(
        _ name: String, _ arguments: [String], connection: [String] = [], output: String? = nil,
        isResumable: Bool = false, replaces: String? = nil
    ) {
        self.name = name
        self.arguments = arguments
        self.connection = connection
        self.output = output
        self.isResumable = isResumable
        self.replaces = replaces
    }
}

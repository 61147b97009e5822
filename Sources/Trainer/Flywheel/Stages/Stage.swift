/// One command of `remit-trainer`: what a user would type, and could replace by a tool of their own that leaves the same output.
package struct Stage: Sendable, Equatable {
    /// For example `base-1/round-1/remit`.
    package let name: String
    package let arguments: [String]
    /// More arguments, of where a server is this time.
    package let connection: [String]
    /// Where its standard output is kept; nil: in its log.
    package let output: String?
    /// Whether `--resume` continues it.
    package let isResumable: Bool

    package init(
        _ name: String, _ arguments: [String], connection: [String] = [], output: String? = nil,
        isResumable: Bool = false
    ) {
        self.name = name
        self.arguments = arguments
        self.connection = connection
        self.output = output
        self.isResumable = isResumable
    }
}

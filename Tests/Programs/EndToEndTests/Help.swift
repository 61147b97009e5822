import Foundation
import TestSupport

/// What a program's own --help says of its flags.
struct Help {
    /// Long flags without dashes, `help` and `version` left out.
    let flags: Set<String>

    /// Blocks.
    init(_ program: String, _ subcommand: String...) throws {
        let result = try Program.run(program, subcommand + ["--help"])
        let found = result.output.matches(of: /(?m)^\s+(?:-\w, )?--([a-z][a-z0-9-]*)/).map { String($0.output.1) }
        flags = Set(found).subtracting(["help", "version"])
    }
}

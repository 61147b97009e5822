import Foundation
import TestSupport

/// What a program's own --help says of its flags.
struct Help {
    /// Long flags without dashes, `help` and `version` left out.
    let flags: Set<String>

    /// Blocks.
    init(_ program: String, _ subcommand: String...) throws {
        let result = try Program.run(program, subcommand + ["--help"])
        let found = result.output.matches(of: /(?m)^\s+(?:-\w, )?--([a-z][a-z-]*)/).map { String($0.output.1) }
        flags = Set(found).subtracting(["help", "version"])
    }

    static func server() throws -> [Help] {
        let store = ["stats", "verify", "prune"]
        return try [Help("remit-server", "serve"), Help("remit-server", "score")]
            + store.map { try Help("remit-server", "store", $0) }
    }

    static func trainer() throws -> [String: Help] {
        let names = [
            "anneal", "doctor", "pretrain", "reinforce", "evaluate", "report", "verify", "weights", "tasks", "flywheel",
        ]
        return Dictionary(uniqueKeysWithValues: try names.map { ($0, try Help("remit-trainer", $0)) })
    }
}

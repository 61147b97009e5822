/// Why a store cannot be opened. What goes wrong afterwards is an event: answers go on without it.
package enum ScoreStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    case notFound(path: String)
    case unusable(path: String, reason: String)
    /// A database, but of another program.
    case notAStore(path: String)
    case unknownSchema(path: String, expected: Int, got: Int)

    package var description: String {
        switch self {
        case .notFound(let path):
            "there is no store at \(path)"
        case .unusable(let path, let reason):
            "the store \(path) cannot be used: \(reason); make room or rights for it, or move it away and start a new one"
        case .notAStore(let path):
            "\(path) is a database of another program; name another directory"
        case .unknownSchema(let path, let expected, let got):
            "the store \(path) has layout \(got), this program reads and writes layout \(expected); "
                + "use the program that made it, or name another directory"
        }
    }
}

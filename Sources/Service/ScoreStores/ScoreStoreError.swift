/// Why a store cannot be opened. What goes wrong afterwards is an event: answers go on without it.
package enum ScoreStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No `scores.sqlite` in the directory, where one is to be looked after and none to be made.
    case notFound(path: String)
    /// SQLite, or the file system, refuses the file: no rights, no room, damaged, or held by another process for too long.
    case unusable(path: String, reason: String)
    /// A database, but of another program.
    case notAStore(path: String)
    /// The layout of another program version: its rows would be read wrongly.
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
            "the store \(path) has layout \(got), \(got > expected ? "newer" : "older") than layout \(expected), which this program "
                + "reads and writes; use the program that made it, or name another directory"
        }
    }
}

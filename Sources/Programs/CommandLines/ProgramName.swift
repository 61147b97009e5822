/// The programs by name. Each has an executable of its own; the wheel brings one that holds both.
package enum ProgramName: String, CaseIterable, Sendable {
    case server = "remit-server"
    case trainer = "remit-trainer"

    /// Name of the executable that holds both programs.
    package static let both = "remit"

    /// The program that the executable with both was started as; nil under another name.
    ///
    /// - Parameter path: what it was started by: argument 0.
    package init?(startedBy path: String) {
        self.init(rawValue: Self.lastPart(path))
    }

    /// What starts this program from an executable at a path: itself, told which of both is meant, or the one that lies beside it.
    package func command(beside own: String) -> (path: String, leadingArguments: [String]) {
        let name = Self.lastPart(own)
        guard name != Self.both else { return (own, [rawValue]) }
        return (own.dropLast(name.count) + rawValue, [])
    }

    private static func lastPart(_ path: String) -> String {
        String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }
}

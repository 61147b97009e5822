import ArgumentParser

extension ArgumentCatalog {
    /// What the parser itself answers, whatever stands beside it.
    private static let answered: Set = [
        "-h", "-help", "--help", "--help-hidden", "--version", "--experimental-dump-help",
    ]
    private static let answeredStarts = ["--generate-completion-script", "---completion"]

    /// Refuses a command or a flag that there is not, before anything that is missing: it may be missing because its name is mistyped.
    ///
    /// - Throws: `ValidationError` that names the near one, or says where all of them are listed.
    package func checkNames(_ arguments: [String]) throws {
        let line = Array(arguments.prefix { $0 != "--" })
        let isAnswered = line.contains { word in
            Self.answered.contains(word) || Self.answeredStarts.contains { word.hasPrefix($0) }
        }
        guard !isAnswered, line.first != "help" else { return }
        var entry = root
        var path = [root._commandName]
        var rest = line[...]
        while !entry.configuration.subcommands.isEmpty {
            let commands = entry.configuration.subcommands
            if let word = rest.first, !word.hasPrefix("-") {
                guard let named = commands.first(where: { $0._commandName == word }) else {
                    throw Self.unknownCommand(word, of: path, known: commands.map { $0._commandName })
                }
                (entry, rest) = (named, rest.dropFirst())
            } else if let standard = entry.configuration.defaultSubcommand {
                entry = standard
            } else {
                return
            }
            path.append(entry._commandName)
        }
        try checkFlags(Array(rest), of: path, Self.options(entry))
    }

    private func checkFlags(_ words: [String], of path: [String], _ options: [Option]) throws {
        let known = Set(options.map(\.name))
        for word in words where word.hasPrefix("-") {
            let dashes = word.prefix { $0 == "-" }.count
            let name = String(word.dropFirst(dashes).prefix { $0 != "=" })
            if dashes == 2, known.contains(name) { continue }
            let near = known.contains(name) ? name : NearestName.of(name, among: options.map(\.name))
            // What begins with one dash may be a value, or what the parser knows better.
            guard dashes >= 2 || (near != nil && name.first?.isLetter == true && name.count > 1) else { continue }
            let others = near == nil ? try otherCommands(with: name) : nil
            throw ValidationError(
                "unknown flag '\(word.prefix { $0 != "=" })': "
                    + (near.map { "did you mean --\($0)?" } ?? others.map { "it is one of \($0)" }
                        ?? "'\(path.joined(separator: " ")) --help' lists the flags"))
        }
    }

    /// The commands that have a flag of this name; nil where none has.
    private func otherCommands(with name: String) throws -> String? {
        let commands = try commands().filter { $0.options.contains { $0.name == name } }
        guard !commands.isEmpty else { return nil }
        return commands.map { $0.path.joined(separator: " ") }.joined(separator: ", ")
    }

    private static func unknownCommand(_ word: String, of path: [String], known: [String]) -> ValidationError {
        ValidationError(
            "unknown command '\(word)': "
                + (NearestName.of(word, among: known).map { "did you mean '\((path + [$0]).joined(separator: " "))'?" }
                    ?? "expected one of \(known.joined(separator: ", "))"))
    }
}

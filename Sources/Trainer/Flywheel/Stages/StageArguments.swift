/// Arguments of a stage as its record keeps them: with `OUT` for the flywheel's directory, which may be called otherwise, or lie elsewhere,
/// when the flywheel is continued.
struct StageArguments {
    /// An option that a record has with other values.
    struct Difference: Equatable {
        /// Name of the option, or `the command` for what comes before all options.
        let argument: String
        /// Its values in the record, `none` where it is not in it.
        let was: String
        /// Its values now, `none` where it is not given any more.
        let now: String
    }

    /// What stands for the flywheel's directory, as in the program's help.
    private static let directory = "OUT"

    /// The arguments, the command first.
    let words: [String]

    /// - Parameter root: the flywheel's directory, as the arguments hold it.
    init(_ arguments: [String], root: String) {
        words = arguments.map { $0.hasPrefix(root + "/") ? Self.directory + $0.dropFirst(root.count) : $0 }
    }

    /// The first option that a record of the stage, in the same directory, has otherwise; nil: the stage is the same. The order of options
    /// does not matter, and records of before hold the directory as it was typed then.
    func difference(to record: [String]) -> Difference? {
        let (own, other) = (Self.options(words), Self.options(record))
        let values = { (options: [(name: String, values: [String])], name: String) in
            options.first { $0.name == name }?.values
        }
        for name in own.map(\.name) + other.map(\.name) {
            let (now, was) = (values(own, name), values(other, name))
            if let now, let was, now.count == was.count, zip(now, was).allSatisfy(Self.isSame) { continue }
            return Difference(argument: name, was: Self.text(was), now: Self.text(now))
        }
        return nil
    }

    /// All that a flywheel makes lies below its directory, at the same place: what was before that is how it was typed.
    private static func isSame(_ now: String, _ was: String) -> Bool {
        now == was || (now.hasPrefix(directory + "/") && was.hasSuffix(now.dropFirst(directory.count)))
    }

    /// Options in their order, each once with all its values.
    private static func options(_ words: [String]) -> [(name: String, values: [String])] {
        var options: [(name: String, values: [String])] = [("the command", [])]
        var last = 0
        for word in words {
            guard word.hasPrefix("--") else {
                options[last].values.append(word)
                continue
            }
            last = options.firstIndex { $0.name == word } ?? options.count
            if last == options.count { options.append((word, [])) }
        }
        return options
    }

    private static func text(_ values: [String]?) -> String {
        guard let values else { return "none" }
        return values.isEmpty ? "given" : values.joined(separator: " ")
    }
}

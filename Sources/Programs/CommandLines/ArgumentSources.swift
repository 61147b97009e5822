import ArgumentParser

/// Completes a command line: flags win over the environment, the environment over a configuration file, the file over defaults.
package struct ArgumentSources {
    /// The options of the command that is completed; nothing else is looked up.
    package let options: [ArgumentCatalog.Option]

    private let alternatives: [[String]]

    /// - Parameter alternatives: names of options that exclude one another: where one is given, the others are not looked for in what it
    ///   wins over.
    package init(options: [ArgumentCatalog.Option], alternatives: [[String]] = []) {
        self.options = options
        self.alternatives = alternatives
    }

    /// The arguments with every option that they lack and the environment has; an empty variable counts as absent. Lists are separated
    /// by commas; a switch is on with `1`, `true` or `yes`.
    ///
    /// - Throws: `ValidationError` for a switch that is neither on nor off.
    package func completed(_ arguments: [String], environment: [String: String]) throws -> [String] {
        try completed(arguments) { option in
            guard let value = environment[option.environmentName], !value.isEmpty else { return nil }
            return option.repeats ? value.split(separator: ",").map(String.init) : [value]
        } source: {
            $0.environmentName
        }
    }

    /// The arguments with every option that they lack and `values` has, by the flags' names without the dashes.
    ///
    /// - Parameter file: where the values come from, for errors.
    /// - Throws: `ValidationError` for a key that is no option, for several values of an option that takes one, or none, and for a switch that
    ///   is neither on nor off.
    package func completed(_ arguments: [String], values: [String: [String]], file: String) throws -> [String] {
        let known = Set(options.map(\.name))
        if let unknown = values.keys.sorted().first(where: { !known.contains($0) }) {
            let near = NearestName.of(unknown, among: options.map(\.name))
            throw ValidationError(
                "\(file): unknown key '\(unknown)'; "
                    + (near.map { "did you mean '\($0)'?" } ?? "keys are the flags' names without the dashes"))
        }
        for option in options where !option.repeats {
            guard let count = values[option.name]?.count, count != 1 else { continue }
            throw ValidationError("\(file): \(option.name) takes one value, got \(count)")
        }
        return try completed(arguments) {
            values[$0.name]
        } source: {
            "\(file): \($0.name)"
        }
    }

    private func completed(
        _ arguments: [String], value: (ArgumentCatalog.Option) -> [String]?,
        source: (ArgumentCatalog.Option) -> String
    ) throws -> [String] {
        // Behind -- nothing is an option any more.
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        var completed = Array(arguments[..<end])
        let given = { (name: String) in Self.gives(arguments[..<end], name) }
        for option in options where !given(option.name) {
            let others = alternatives.filter { $0.contains(option.name) }.flatMap(\.self)
            guard !others.contains(where: given) else { continue }
            guard let values = value(option) else { continue }
            guard option.takesValue else {
                if try Self.isOn(values, source: source(option)) { completed.append("--" + option.name) }
                continue
            }
            completed += values.map { "--\(option.name)=\($0)" }
        }
        return completed + arguments[end...]
    }

    private static func gives(_ arguments: ArraySlice<String>, _ name: String) -> Bool {
        arguments.contains { $0 == "--" + name || $0.hasPrefix("--\(name)=") }
    }

    private static func isOn(_ values: [String], source: String) throws -> Bool {
        switch values.first?.lowercased() {
        case "1", "true", "yes": return true
        case "0", "false", "no", "", nil: return false
        case let other?: throw ValidationError("\(source) is '\(other)', expected true or false")
        }
    }
}

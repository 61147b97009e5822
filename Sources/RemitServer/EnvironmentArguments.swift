/// Turns REMIT_... variables into the flags they stand for, so that a value is parsed and checked in one way wherever it
/// comes from. A flag that is given wins over its variable.
struct EnvironmentArguments {
    struct BadSwitch: Error, CustomStringConvertible {
        let variable: String
        let value: String
        var description: String { "\(variable) is \"\(value)\", expected 1, true, 0 or false" }
    }

    let valueFlags: [String]
    let switches: [String]

    static func variable(of flag: String) -> String {
        "REMIT_" + flag.uppercased().replacing("-", with: "_")
    }

    /// The arguments, with those of the environment in front.
    func merged(_ arguments: [String], environment: [String: String]) throws(BadSwitch) -> [String] {
        var added: [String] = []
        for flag in valueFlags where !isGiven(flag, in: arguments) {
            guard let value = environment[Self.variable(of: flag)], !value.isEmpty else { continue }
            added.append("--\(flag)=\(value)")
        }
        for flag in switches where !isGiven(flag, in: arguments) {
            let variable = Self.variable(of: flag)
            switch environment[variable]?.lowercased() {
            case nil, "", "0", "false": continue
            case "1", "true": added.append("--\(flag)")
            case let value?: throw BadSwitch(variable: variable, value: value)
            }
        }
        return added + arguments
    }

    private func isGiven(_ flag: String, in arguments: [String]) -> Bool {
        arguments.contains { $0 == "--\(flag)" || $0.hasPrefix("--\(flag)=") }
    }
}

import ArgumentParser
import CommandLines
import Foundation
import Testing

/// A flag that takes a number, of a command of either program: found by reflection, so that a new one is among them.
struct NumberFlag: Sendable, CustomTestStringConvertible {
    let program: any ParsableCommand.Type
    /// From the first subcommand down.
    let path: [String]
    /// Without the dashes.
    let name: String
    /// Optionals and lists: of what.
    let type: Any.Type
    /// What `--help` says of it.
    let help: String

    var testDescription: String { ([program._commandName] + path + ["--" + name]).joined(separator: " ") }
    var variable: String { "REMIT_" + name.uppercased().replacing("-", with: "_") }

    static let all: [NumberFlag] = CommandHelp.all.flatMap { command in
        options(of: command.command).filter { isNumber($0.type) }.map {
            NumberFlag(
                program: command.program, path: command.path, name: $0.name, type: $0.type,
                help: command.flags[$0.name]?.help ?? "")
        }
    }

    private static func options(of arguments: any ParsableArguments.Type) -> [(name: String, type: Any.Type)] {
        Mirror(reflecting: arguments.init()).children.flatMap { child -> [(name: String, type: Any.Type)] in
            switch Swift.type(of: child.value) {
            case let option as any DeclaredOption.Type:
                // A wrapper's label has an underscore before the property's name.
                [(dashed(child.label?.dropFirst() ?? ""), wrapped(option.valueType))]
            case let group as any DeclaredGroup.Type: options(of: group.argumentsType)
            default: []
            }
        }
    }

    private static func dashed(_ property: Substring) -> String {
        property.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : "\($1)" }
    }

    private static func wrapped(_ type: Any.Type) -> Any.Type { (type as? any Wrapping.Type)?.wrappedType ?? type }

    private static func isNumber(_ type: Any.Type) -> Bool {
        type is any Numeric.Type || type is any ArgumentNumber.Type || type == Duration.self
    }
}

extension NumberFlag {
    /// The range as `--help` shows it, at the end of what it says.
    struct Range: Sendable {
        /// nil: above 0.
        let least: String?
        let most: String
    }

    var range: Range? {
        guard let match = help.firstMatch(of: /\((?:(\S+) to |above 0, at most )([^;()]+)(?:; default: [^()]+)?\)$/)
        else { return nil }
        return Range(least: match.output.1.map(String.init), most: String(match.output.2))
    }

    /// What the parser says to a value; nil where it takes it. That other flags lack, or do not go with it, is no matter of its range.
    func refusal(_ arguments: [String], environment: [String: String] = [:]) -> String? {
        do {
            _ = try program.parseAsRoot(try program.completedArguments(path + arguments, environment: environment))
            return nil
        } catch {
            let message = program.message(for: error)
            return message.contains("for '--\(name) <") ? message : nil
        }
    }
}

private protocol DeclaredOption { static var valueType: Any.Type { get } }
extension Option: DeclaredOption { static var valueType: Any.Type { Value.self } }
private protocol DeclaredGroup { static var argumentsType: any ParsableArguments.Type { get } }
extension OptionGroup: DeclaredGroup { static var argumentsType: any ParsableArguments.Type { Value.self } }
private protocol Wrapping { static var wrappedType: Any.Type { get } }
extension Optional: Wrapping { static var wrappedType: Any.Type { Wrapped.self } }
extension Array: Wrapping { static var wrappedType: Any.Type { Element.self } }

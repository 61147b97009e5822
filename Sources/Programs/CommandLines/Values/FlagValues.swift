import ArgumentParser
import JSONValues

/// The flags of a command with their values, found by reflection: a flag that is declared is among them.
package struct FlagValues {
    /// A flag and its value.
    package struct Entry: Equatable {
        /// The flag's long name with underscores: `max_batch_tokens` for `--max-batch-tokens`.
        package var name: String
        /// The value given, else the default; null where there is neither.
        package var value: JSONValue
        /// Whether the flag names a place on this machine's disk.
        package var isPath: Bool
    }

    /// The flags in the order of their declarations, groups opened where they stand.
    package let entries: [Entry]

    /// The flags of parsed arguments.
    ///
    /// - Precondition: each flag has the name of its property, and a type that is a `SettingValue`.
    package init(_ arguments: some ParsableArguments) { entries = Self.entries(of: arguments) }

    private static func entries(of arguments: any ParsableArguments) -> [Entry] {
        Mirror(reflecting: arguments).children.flatMap { child -> [Entry] in
            switch child.value {
            case let group as any FlagGroup: return entries(of: group.flags)
            case let flag as any DeclaredFlag:
                guard let label = child.label, let value = flag.flagValue as? any SettingValue else {
                    preconditionFailure("a flag of type \(type(of: flag.flagValue)) has no form for others")
                }
                // A wrapper's label has an underscore before the property's name.
                return [Entry(name: snakeCase(label.dropFirst()), value: value.setting, isPath: flag.isPath)]
            default: return []
            }
        }
    }

    private static func snakeCase(_ property: Substring) -> String {
        property.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
    }
}

private protocol DeclaredFlag {
    var flagValue: Any { get }
    var isPath: Bool { get }
}

extension Option: DeclaredFlag {
    fileprivate var flagValue: Any { wrappedValue }
    // By the type that is declared: one nil is cast to any other.
    fileprivate var isPath: Bool { Value.self == PathArgument.self || Value.self == PathArgument?.self }
}

extension Flag: DeclaredFlag {
    fileprivate var flagValue: Any { wrappedValue }
    fileprivate var isPath: Bool { false }
}

private protocol FlagGroup {
    var flags: any ParsableArguments { get }
}

extension OptionGroup: FlagGroup {
    fileprivate var flags: any ParsableArguments { wrappedValue }
}

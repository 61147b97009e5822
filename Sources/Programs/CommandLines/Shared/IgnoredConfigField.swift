import ArgumentParser
import JSONValues

/// A field of a model's config.json that counts as absent: one that the program does not know and that changes nothing.
package struct IgnoredConfigField: ExpressibleByArgument, Equatable, Sendable {
    /// The field's name; any text of 1 to 200 bytes.
    package let name: String

    /// The field that an argument names; nil for an empty argument, or one that is too long to be a name.
    package init?(argument: String) {
        guard !argument.isEmpty, argument.utf8.count <= 200 else { return nil }
        name = argument
    }
}

extension IgnoredConfigField: SettingValue {
    /// The field's name.
    package var setting: JSONValue { .string(name) }
}

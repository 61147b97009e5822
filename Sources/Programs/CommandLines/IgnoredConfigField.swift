import ArgumentParser

/// A field of a model's config.json that counts as absent: one that the program does not know and that changes nothing.
package struct IgnoredConfigField: ExpressibleByArgument, Equatable, Sendable {
    package let name: String

    /// nil for what names no field.
    package init?(argument: String) {
        guard !argument.isEmpty, argument.utf8.count <= 200 else { return nil }
        name = argument
    }

    package static let help = ArgumentHelp(
        "Load models although this field of config.json is not known here, as one that changes no number. Repeatable.",
        valueName: "name")
}

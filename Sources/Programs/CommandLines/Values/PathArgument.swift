import ArgumentParser
import JSONValues

/// A place on this machine's disk, which not everybody is told.
package struct PathArgument: ExpressibleByArgument, Equatable, Sendable, CustomStringConvertible {
    /// The path as it was given.
    package let path: String

    package init(argument: String) { path = argument }

    package var description: String { path }
}

extension PathArgument: SettingValue {
    /// The path as it was given.
    package var setting: JSONValue { .string(path) }
}

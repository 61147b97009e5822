import ArgumentParser
import JSONValues

/// A value of a flag that can be told to others, as /info tells the server's flags.
package protocol SettingValue {
    /// The value as JSON; null where nothing was given.
    var setting: JSONValue { get }
}

extension String: SettingValue {
    /// The text itself.
    package var setting: JSONValue { .string(self) }
}

extension Bool: SettingValue {
    /// Whether the switch is on.
    package var setting: JSONValue { .bool(self) }
}

extension Int: SettingValue {
    /// The number itself.
    package var setting: JSONValue { .integer(self) }
}

extension ByteCount: SettingValue {
    /// The size in bytes.
    package var setting: JSONValue { .integer(bytes) }
}

extension TimeSpan: SettingValue {
    /// The time as the flag takes it.
    package var setting: JSONValue { .string(description) }
}

extension SettingValue where Self: RawRepresentable, RawValue == String {
    /// The name of the case, as the flag takes it.
    package var setting: JSONValue { .string(rawValue) }
}

extension Optional: SettingValue where Wrapped: SettingValue {
    /// The value, or null.
    package var setting: JSONValue { map(\.setting) ?? .null }
}

extension Array: SettingValue where Element: SettingValue {
    /// The values of a flag that may be given several times.
    package var setting: JSONValue { .array(map(\.setting)) }
}

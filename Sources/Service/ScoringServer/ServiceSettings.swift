import JSONValues

/// The program's flags, for /info.
package struct ServiceSettings: Sendable, Equatable {
    /// The flags' values by JSON name; null where nothing was given and nothing is the default.
    package let values: JSONObject
    /// Those that name places on the server's disk.
    private let paths: Set<String>

    /// - Parameter paths: names among those of `values` whose values tell places on the server's disk.
    package init(values: JSONObject = [:], paths: Set<String> = []) {
        self.values = values
        self.paths = paths
    }

    /// The flags with other values for those that are settled later: by the socket, by the models. A name that is no flag's is passed
    /// over.
    package func replacing(_ settled: [String: JSONValue]) -> ServiceSettings {
        var values = values
        for (name, value) in settled where values[key: name] != nil { values[key: name] = value }
        return ServiceSettings(values: values, paths: paths)
    }

    /// The values that a caller may see. Where keys are asked for, only an admin is told places; others get `true` for one that is
    /// given.
    package func shown(toAdmin isAdmin: Bool) -> JSONObject {
        guard !isAdmin else { return values }
        var shown = JSONObject()
        for (name, value) in values.members {
            shown[key: name] = paths.contains(name) && value != .null ? .bool(true) : value
        }
        return shown
    }
}

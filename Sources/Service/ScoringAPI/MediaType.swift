/// The forms in which bodies travel.
package enum MediaType: String, CaseIterable, Sendable {
    case json = "application/json"
    case safetensors = "application/vnd.safetensors"
    /// One JSON object a line, each sent as soon as it is there.
    case ndjson = "application/x-ndjson"
    case problem = "application/problem+json"
    case yaml = "application/yaml"
    /// Prometheus text.
    case metrics = "text/plain; version=0.0.4; charset=utf-8"

    /// Reads a Content-Type: case and parameters are ignored; nil for a type that is not spoken here.
    package init?(contentType: String) {
        let essence = Self.essence(contentType)
        guard let type = Self.allCases.first(where: { Self.essence($0.rawValue) == essence }) else { return nil }
        self = type
    }

    private static func essence(_ text: String) -> String {
        let type = text.prefix { $0 != ";" }
        return type.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}

/// Media types of the bodies that the service takes or gives.
package enum MediaType: String, CaseIterable, Sendable {
    case json = "application/json"
    /// Flat tensors, 4 bytes a log-prob: the form for trainers.
    case safetensors = "application/vnd.safetensors"
    /// One JSON object a line, each sent as soon as it is there.
    case ndjson = "application/x-ndjson"
    /// A `Problem`: the form of every error.
    case problem = "application/problem+json"
    /// The contract, /openapi.yaml.
    case yaml = "application/yaml"
    /// Prometheus text.
    case metrics = "text/plain; version=0.0.4; charset=utf-8"

    /// The type that a Content-Type names: case, blanks and parameters are ignored; nil for a type that is not spoken here.
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

/// Media type of a body that the service takes or gives. Each form of scoring requests and answers names its own beside its codec.
package struct MediaType: RawRepresentable, Hashable, Sendable {
    /// The type as a Content-Type has it, parameters included.
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// A `Problem`: the form of every error outside the dialects.
    package static let problem = MediaType(rawValue: "application/problem+json")
    /// The contract, /openapi.yaml.
    package static let yaml = MediaType(rawValue: "application/yaml")
    /// Prometheus text.
    package static let metrics = MediaType(rawValue: "text/plain; version=0.0.4; charset=utf-8")

    /// The page's document.
    package static let html = MediaType(rawValue: "text/html; charset=utf-8")
    /// The page's style.
    package static let css = MediaType(rawValue: "text/css; charset=utf-8")
    /// The page's script.
    package static let javaScript = MediaType(rawValue: "text/javascript; charset=utf-8")
    /// The page's icon.
    package static let svg = MediaType(rawValue: "image/svg+xml")

    /// The type without its parameters, in lower case.
    package var essence: String { Self.essence(rawValue) }

    /// Whether a Content-Type names this type: case, blanks and parameters are ignored.
    package func isNamed(by contentType: String) -> Bool { Self.essence(contentType) == essence }

    private static func essence(_ text: String) -> String {
        text.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}

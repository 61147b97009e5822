/// JSON that does not hold the value that was wanted, in words: Foundation's own errors print as the fields that they have.
package struct StateCodingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The place, as in `shards[3].bytes`; empty for the outermost value, or where the text is no JSON.
    package let path: String
    /// What is wrong there.
    package let reason: String

    package var description: String { path.isEmpty ? reason : "\(path): \(reason)" }

    /// - Parameter name: a key as it stands in the text, of one as it is declared.
    init(_ error: DecodingError, name: (String) -> String) {
        switch error {
        case .keyNotFound(let key, let context):
            self.init(context.codingPath + [key], "missing", name)
        case .typeMismatch(let type, let context):
            self.init(context.codingPath, "expected \(Self.words(type)), got a value of another type", name)
        case .valueNotFound(let type, let context):
            self.init(context.codingPath, "expected \(Self.words(type)), got null", name)
        case .dataCorrupted(let context):
            self.init(
                context.codingPath, context.codingPath.isEmpty ? "not valid JSON" : context.debugDescription, name)
        @unknown default: self.init([], "not the JSON that was written there", name)
        }
    }

    private init(_ path: [any CodingKey], _ reason: String, _ name: (String) -> String) {
        self.path = path.reduce(into: "") { text, key in
            text += key.intValue.map { "[\($0)]" } ?? (text.isEmpty ? "" : ".") + name(key.stringValue)
        }
        self.reason = reason
    }

    private static func words(_ type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is any ExpressibleByArrayLiteral.Type: "an array"
        default: "an object"
        }
    }
}

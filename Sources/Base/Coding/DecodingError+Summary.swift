extension DecodingError {
    /// What is wrong with the JSON, in a few words: Swift's own description is of the decoder.
    package var summary: String {
        func place(_ context: Context) -> String {
            context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch self {
        case .keyNotFound(let key, let context):
            return "it lacks the field \((context.codingPath + [key]).map(\.stringValue).joined(separator: "."))"
        case .typeMismatch(let type, let context):
            return "\(place(context)) is not of type \(type)"
        case .valueNotFound(_, let context):
            return "\(place(context)) is null"
        case .dataCorrupted(let context):
            let path = place(context)
            return path.isEmpty ? "it is no JSON object" : "\(path) cannot be: \(context.debugDescription)"
        @unknown default:
            return "it cannot be read"
        }
    }
}

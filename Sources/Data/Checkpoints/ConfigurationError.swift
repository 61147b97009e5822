import JSONValues

/// What is wrong with a `config.json`.
package enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file that is not one JSON object.
    case invalidJSON(file: String, reason: JSONError)
    /// A field that must be there and is absent, null or ignored.
    case missingField(file: String, field: String, expected: String)
    /// A field whose value is of another type than the reader takes.
    case wrongType(file: String, field: String, expected: String, got: String)
    /// Fields that nobody here understands: they might change what the model computes.
    case unknownField(file: String, fields: [String], known: [String])
    /// A field that is understood and read, whose name was given as one to ignore.
    case fieldCannotBeIgnored(file: String, field: String)
    /// A value that is well formed and that nothing here can compute with.
    case unsupportedValue(file: String, field: String, expected: String, got: String)

    package var description: String {
        switch self {
        case .invalidJSON(let file, let reason): "\(file): not valid JSON: \(reason)"
        case .missingField(let file, let field, let expected):
            "\(file): field \(field) is missing; expected \(expected)"
        case .wrongType(let file, let field, let expected, let got):
            "\(file): field \(field): expected \(expected), got \(got)"
        case .unknownField(let file, let fields, let known):
            "\(file): unknown \(fields.count == 1 ? "field" : "fields") \(fields.joined(separator: ", ")): "
                + "may change what the model computes; known here: \(known.joined(separator: ", "))"
                + "; --ignore-config-field NAME leaves out one that changes nothing"
        case .fieldCannotBeIgnored(let file, let field):
            "\(file): field \(field) is read here and changes what the model computes: --ignore-config-field cannot leave it out; "
                + "change the file"
        case .unsupportedValue(let file, let field, let expected, let got):
            "\(file): field \(field): expected \(expected), got \(got)"
        }
    }
}

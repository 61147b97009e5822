import JSONValues

/// What is wrong with a `config.json`.
package enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    case invalidJSON(file: String, reason: JSONError)
    case missingField(file: String, field: String, expected: String)
    case wrongType(file: String, field: String, expected: String, got: String)
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

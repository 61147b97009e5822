import Foundation

/// JSON by Foundation's coder: of states, logs, lineages and reports, which earlier versions wrote and read and whose bytes must not
/// change. All other JSON is read and written by JSONValues.
///
/// Each kind of file has its form, named here once. Keys are sorted in every form: equal values give equal bytes.
package struct StateCoding: Sendable {
    private let isIndented: Bool
    private let hasSnakeCaseKeys: Bool
    private let escapesSlashes: Bool

    /// The state within a run's checkpoint, and the mark of its log: one line, keys as they are declared.
    package static let state = StateCoding(isIndented: false, hasSnakeCaseKeys: false, escapesSlashes: true)
    /// The records of a run's log, one a line.
    package static let log = StateCoding(isIndented: false, hasSnakeCaseKeys: true, escapesSlashes: false)
    /// What describes a run or a directory beside it: run.json, remit.json, the manifest of a side-car.
    package static let description = StateCoding(isIndented: true, hasSnakeCaseKeys: true, escapesSlashes: false)
    /// The flywheel's plan, its results and the records of its stages: indented, keys as they are declared.
    package static let flywheel = StateCoding(isIndented: true, hasSnakeCaseKeys: false, escapesSlashes: false)
    /// The summary of tokenized files: indented, keys as they are declared, every slash escaped.
    package static let tokenFile = StateCoding(isIndented: true, hasSnakeCaseKeys: false, escapesSlashes: true)
    /// What a program prints as one line for other programs, every slash escaped.
    package static let report = StateCoding(isIndented: false, hasSnakeCaseKeys: true, escapesSlashes: true)

    /// The value's JSON, without a newline at the end.
    ///
    /// - Throws: `EncodingError` for a number that JSON has not.
    package func bytes(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = hasSnakeCaseKeys ? .convertToSnakeCase : .useDefaultKeys
        encoder.outputFormatting = .sortedKeys
        if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
        if !escapesSlashes { encoder.outputFormatting.insert(.withoutEscapingSlashes) }
        return Array(try encoder.encode(value))
    }

    /// The value's JSON with a newline at the end: a line of a log, or a file.
    ///
    /// - Throws: `EncodingError` for a number that JSON has not.
    package func line(_ value: some Encodable) throws -> [UInt8] { try bytes(value) + [UInt8(ascii: "\n")] }

    /// The value's JSON as text, without a newline at the end.
    ///
    /// - Throws: `EncodingError` for a number that JSON has not.
    package func text(_ value: some Encodable) throws -> String { String(decoding: try bytes(value), as: UTF8.self) }

    /// The value that JSON in this form holds; how it is indented and escaped does not matter.
    ///
    /// - Throws: `StateCodingError` where it holds none; what the value's own reading throws.
    package func value<Value: Decodable>(_: Value.Type = Value.self, from json: some Sequence<UInt8>) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = hasSnakeCaseKeys ? .convertFromSnakeCase : .useDefaultKeys
        do {
            return try decoder.decode(Value.self, from: json as? Data ?? Data(json))
        } catch let error as DecodingError {
            throw StateCodingError(error) { hasSnakeCaseKeys ? Self.snakeCase($0) : $0 }
        }
    }

    private static func snakeCase(_ key: String) -> String {
        key.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
    }
}

import Foundation

/// A line of a run's log.
package protocol StepLogRecord: Codable, Sendable {
    var step: Int { get }
    var isEvaluation: Bool { get }
}

extension LogRecord: StepLogRecord {
    package var isEvaluation: Bool { if case .evaluation = self { true } else { false } }
}

package typealias RunLog = StepLog<LogRecord>

/// The run's log: one JSON object a line, appended as it happens. A resumed run cuts it back to the step it continues from, so that it
/// reads as if the run had never stopped.
package struct StepLog<Record: StepLogRecord>: ~Copyable {
    package let path: String
    private let descriptor: Int32
    /// The step of the last held-out loss in the log.
    package private(set) var lastEvaluation: Int?

    /// Opens the log and drops every record after `step`, and a last line that was cut off.
    package init(_ path: String, keepingThrough step: Int) throws {
        let kept = try Self.kept(path, through: step)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0, ftruncate(descriptor, off_t(kept.bytes)) == 0 else { throw Self.failure(path) }
        self.path = path
        self.descriptor = descriptor
        lastEvaluation = kept.lastEvaluation
    }

    deinit { close(descriptor) }

    package mutating func append(_ record: Record) throws {
        if record.isEvaluation { lastEvaluation = record.step }
        var line = try Self.encoder.encode(record)
        line.append(UInt8(ascii: "\n"))
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.count else { throw Self.failure(path) }
    }

    /// Makes what was appended last. Called before a checkpoint, which must never be ahead of the log.
    package func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
    }

    package static func records(_ path: String) throws -> [Record] {
        try lines(path).map { try decoder.decode(Record.self, from: $0) }
    }

    private static func kept(_ path: String, through step: Int) throws -> (bytes: Int, lastEvaluation: Int?) {
        guard FileManager.default.fileExists(atPath: path) else { return (0, nil) }
        var bytes = 0
        var lastEvaluation: Int?
        for line in try lines(path) {
            guard let record = try? decoder.decode(Record.self, from: line), record.step <= step else { break }
            bytes += line.count + 1
            if record.isEvaluation { lastEvaluation = record.step }
        }
        return (bytes, lastEvaluation)
    }

    /// Complete lines only.
    private static func lines(_ path: String) throws -> [Data] {
        let contents: Data
        do {
            contents = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw AnnealingError.fileFailed(path: path, reason: "cannot be read: \(error)")
        }
        return contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map {
            Data($0)
        }
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    private static func failure(_ path: String) -> AnnealingError {
        .fileFailed(
            path: path,
            reason:
                "cannot be written: \(String(cString: strerror(errno))). The checkpoints are intact: --resume continues from the last"
        )
    }
}

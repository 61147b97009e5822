import Coding
import Digests
import Foundation
import System

/// A record that is one line of a run's log.
package protocol StepLogRecord: Codable, Sendable {
    /// Step that the record belongs to: a resumed run drops those after the one that it continues from.
    var step: Int { get }
    /// Whether the record is a held-out loss, which is not taken twice at one step.
    var isEvaluation: Bool { get }
}

/// The run's log: one JSON object a line, appended as it happens. A resumed run cuts it back to the step it continues from, so that it
/// reads as if the run had never stopped.
package struct StepLog<Record: StepLogRecord>: ~Copyable {
    /// Path of the log's file.
    package var path: String { file.path }
    private let file: FileSink
    private var bytes: Int
    private var hasher = SHA256Hasher()
    /// Step of the last held-out loss in the log; nil where there is none.
    package private(set) var lastEvaluation: Int?

    /// Opens the log and drops what came after the checkpoint of `step`.
    ///
    /// - Parameter mark: what the checkpoint says of the log; with it the log is kept byte for byte, or refused where it is another one.
    ///   A log that is not there is begun anew. Without a mark, every record after `step` and a last line that was cut off are dropped.
    /// - Throws: `TrainingError.damagedLog` where the log is not the one of the mark, `.fileFailed` where it cannot be read or
    ///   written.
    package init(_ path: String, keepingThrough step: Int, mark: LogMark? = nil) throws {
        let contents = FileManager.default.fileExists(atPath: path) ? try Self.contents(path) : Data()
        let kept: (bytes: Int, lastEvaluation: Int?)
        if let mark, FileManager.default.fileExists(atPath: path) {
            kept = (mark.bytes, try Self.checked(contents, mark, path))
        } else {
            kept = Self.kept(contents, through: step)
        }
        file = try Self.writing(path) { () throws(SystemError) in try FileSink(path, .keeping(bytes: kept.bytes)) }
        bytes = kept.bytes
        hasher.update(Array(contents.prefix(kept.bytes)))
        lastEvaluation = kept.lastEvaluation
    }

    /// Mark of the log as it is now, for a checkpoint that is saved now.
    package var mark: LogMark { LogMark(bytes: bytes, sha256: hasher.finalize().hex) }

    /// Writes a record as a line at the end. It need not survive a power cut before `synchronize`.
    ///
    /// - Throws: `TrainingError.fileFailed`, as where the disk is full.
    package mutating func append(_ record: Record) throws {
        if record.isEvaluation { lastEvaluation = record.step }
        let line = try StateCoding.log.line(record)
        try Self.writing(path) { () throws(SystemError) in try file.write(line) }
        bytes += line.count
        hasher.update(line)
    }

    /// Makes what was appended last. Called before a checkpoint, which must never be ahead of the log.
    ///
    /// - Throws: `TrainingError.fileFailed`.
    package func synchronize() throws {
        try Self.writing(path) { () throws(SystemError) in try file.synchronize() }
    }

    /// Records of the log at `path`, without a last line that was cut off.
    ///
    /// - Throws: `TrainingError.fileFailed` where it cannot be read, `.badLogLine` for a line that is no record.
    package static func records(_ path: String) throws -> [Record] {
        try lines(contents(path)).enumerated().map { index, line in
            do {
                return try StateCoding.log.value(from: line)
            } catch {
                throw TrainingError.badLogLine(path: path, line: index + 1, reason: "\(error)")
            }
        }
    }

    /// The step of the last held-out loss in a log that is the one of the mark.
    private static func checked(_ contents: Data, _ mark: LogMark, _ path: String) throws -> Int? {
        let kept = contents.prefix(mark.bytes)
        guard kept.count == mark.bytes, SHA256Hasher.digest(Array(kept)).hex == mark.sha256 else {
            throw TrainingError.damagedLog(path: path, bytes: mark.bytes)
        }
        return lines(kept).compactMap { try? StateCoding.log.value(Record.self, from: $0) }.last { $0.isEvaluation }?
            .step
    }

    private static func kept(_ contents: Data, through step: Int) -> (bytes: Int, lastEvaluation: Int?) {
        var bytes = 0
        var lastEvaluation: Int?
        for line in lines(contents) {
            guard let record = try? StateCoding.log.value(Record.self, from: line), record.step <= step else { break }
            bytes += line.count + 1
            if record.isEvaluation { lastEvaluation = record.step }
        }
        return (bytes, lastEvaluation)
    }

    private static func contents(_ path: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw TrainingError.fileFailed(path: path, reason: "cannot be read: \(error)")
        }
    }

    /// Complete lines only.
    private static func lines(_ contents: Data) -> [Data] {
        contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { Data($0) }
    }

    private static func writing<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(TrainingError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .fileFailed(
                path: path,
                reason:
                    "cannot be written: \(error.reason). The checkpoints are intact: --resume continues from the last")
        }
    }
}

import Foundation
import System

/// Why a TensorBoard event file, or its directory, could not be written.
package enum ReportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What could not be written, with the system's reason.
    case unwritable(path: String, reason: String)

    package var description: String {
        switch self {
        case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)"
        }
    }
}

/// A TensorBoard event file: TFRecords (a length and its masked CRC, an event and its masked CRC), one a step, each written at once,
/// so that TensorBoard sees a step as soon as it is done and a killed run leaves at most one record cut off.
package final class EventFile {
    /// Path of the file. In its name the time in seconds stands before all else that differs: TensorBoard reads the files of a
    /// directory in the order of their names.
    package var path: String { file.path }
    private let file: FileSink

    /// Makes the directory where needed and a new file in it.
    ///
    /// - Parameter nextStep: what earlier files of the directory say of it and of later steps no longer counts: a run was resumed.
    /// - Throws: `ReportError.unwritable`.
    package init(directory: String, nextStep: Int, now: Date = Date()) throws {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw ReportError.unwritable(path: directory, reason: error.localizedDescription)
        }
        // TensorBoard reads the files of a directory in the order of their names, which begin with the time in seconds.
        let seconds = String(format: "%010d", Int(now.timeIntervalSince1970))
        let unique = String(UInt32.random(in: 0...UInt32.max), radix: 36)
        let path =
            directory + "/events.out.tfevents.\(seconds).\(ProcessInfo.processInfo.hostName).\(getpid()).\(unique)"
        file = try Self.writing(path) { () throws(SystemError) in try FileSink(path, .new) }
        let time = now.timeIntervalSince1970
        try append(Event.fileVersion(at: time))
        try append(Event.sessionStart(at: time, step: nextStep))
    }

    /// Writes what is shown of a step as one record, at once.
    ///
    /// - Parameter now: the time that TensorBoard shows for it.
    /// - Throws: `ReportError.unwritable`, also for a record that was written in part.
    package func append(_ summary: EventSummary, step: Int, now: Date = Date()) throws {
        try append(Event.summary(summary, at: now.timeIntervalSince1970, step: step))
    }

    private func append(_ event: [UInt8]) throws {
        let length = withUnsafeBytes(of: UInt64(event.count).littleEndian) { Array($0) }
        let record = length + Self.checksum(length) + event + Self.checksum(event)
        try Self.writing(path) { () throws(SystemError) in try file.write(record) }
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: CRC32C.masked(bytes).littleEndian) { Array($0) }
    }

    private static func writing<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(ReportError) -> Result {
        do throws(SystemError) { return try body() } catch { throw .unwritable(path: path, reason: error.reason) }
    }
}

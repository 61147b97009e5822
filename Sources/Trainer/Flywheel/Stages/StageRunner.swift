import Coding
import Foundation
import System

/// What is left of a stage that is done, as JSON.
package struct StageRecord: Sendable, Equatable, Codable {
    /// Name of the stage: `base-1/round-1/remit`.
    package var stage: String
    /// Arguments it was run with, but for those that say how a teacher was reached, with `OUT` for the flywheel's directory; in records of
    /// before that directory stands as it was typed. A stage with others is another one.
    package var arguments: [String]
    /// Wall-clock seconds of the process that ended the stage; of one that was continued, the last process only.
    package var seconds: Double
    /// CPU seconds of the same process, of all its threads; nil in records of before they were kept.
    package var cpuSeconds: Double?
}

/// Runs stages as processes. A stage that is done is not done again; one that was cut off is continued.
package struct StageRunner: Sendable {
    private let paths: FlywheelPaths
    private let trainer: FlywheelProgram
    private let stop: StopFlag
    private let progress: FlywheelProgress
    private let onStage: @Sendable (String) -> Void

    /// Holds where stages leave their logs and records.
    ///
    /// - Parameters:
    ///   - trainer: `remit-trainer`.
    ///   - progress: knows all stages, and is told what is done.
    ///   - onStage: told the line of each stage that is not done yet, before its process starts.
    package init(
        _ paths: FlywheelPaths, trainer: FlywheelProgram, stop: StopFlag, progress: FlywheelProgress,
        onStage: @escaping @Sendable (String) -> Void
    ) {
        self.progress = progress
        self.paths = paths
        self.trainer = trainer
        self.stop = stop
        self.onStage = onStage
    }

    /// Takes the stages of a base that is finished for done, whatever is left of them.
    func skip(_ stages: [Stage]) { for stage in stages { progress.skip(stage.name) } }

    /// Whether the stage has left a record with the same arguments, and all that it leaves is there still.
    ///
    /// - Throws: `FlywheelError.otherArguments` for a record with others, `.badResult` for one that cannot be read.
    package func isDone(_ stage: Stage) throws -> Bool { try record(stage) != nil && Self.isWhole(stage) }

    /// Runs the stage as a process, unless it is done, and waits for its end. Only after status 0 does its output file get its
    /// name and is its record written.
    ///
    /// A stage that was done once, and of which something is gone, is done anew, without the rest of it: a run that were resumed with its
    /// log gone would have half a log.
    ///
    /// - Parameter failure: asked again and again until then: why the stage waits in vain for what it needs beside its process, as a
    ///   teacher's server; nil while it can go on. A stage that cannot is asked to end.
    /// - Throws: `FlywheelError.stageFailed` for another status, what `failure` tells where that is the reason, `.interrupted` where a
    ///   stop was requested, `.otherArguments` for a record with others, `.badResult`, `.programMissing` or `.fileFailed`.
    package func run(_ stage: Stage, failure: () -> FlywheelError? = { nil }) throws {
        let earlier = try record(stage)
        if let earlier, Self.isWhole(stage) { return progress.finish(stage.name, seconds: earlier.seconds) }
        guard !stop.isRequested else { throw FlywheelError.interrupted }
        onStage(progress.line(starting: stage.name))
        if earlier != nil || !stage.isResumable, let left = stage.replaces { try Self.remove(left) }
        // After what it is the record of: without it what is left would be resumed.
        if earlier != nil { try Self.remove(paths.marker(stage.name)) }
        let clock = ContinuousClock()
        let start = clock.now
        let child = try StageProcess(
            trainer, stage.arguments + stage.connection + (stage.isResumable ? ["--resume"] : []),
            log: paths.log(stage.name),
            output: stage.output.map { $0 + ".partial" })
        let status = try child.wait(stop, failure: failure)
        guard status == 0 else {
            throw FlywheelError.stageFailed(
                stage: stage.name, status: status, log: child.log, lastLine: child.lastLine)
        }
        if let output = stage.output { try Self.place(output + ".partial", at: output) }
        let record = StageRecord(
            stage: stage.name, arguments: StageArguments(stage.arguments, root: paths.root).words,
            seconds: (clock.now - start) / .seconds(1),
            cpuSeconds: child.cpuSeconds)
        try Self.write(record, to: paths.marker(stage.name))
        progress.finish(stage.name, seconds: record.seconds)
    }

    /// The record of a stage that is done with the same arguments.
    private func record(_ stage: Stage) throws -> StageRecord? {
        let path = paths.marker(stage.name)
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        guard let record = try? StateCoding.flywheel.value(StageRecord.self, from: data) else {
            throw FlywheelError.badResult(path: path, reason: "it is no record of a stage")
        }
        if let other = StageArguments(stage.arguments, root: paths.root).difference(to: record.arguments) {
            throw FlywheelError.otherArguments(
                stage: stage.name, argument: other.argument, was: other.was, now: other.now, record: path)
        }
        return record
    }

    private static func isWhole(_ stage: Stage) -> Bool {
        stage.leaves.allSatisfy { FileManager.default.fileExists(atPath: $0) }
    }

    /// Before the record, which must not outlast a loss of power without it.
    private static func place(_ path: String, at new: String) throws {
        do {
            try AtomicFile.place(path, at: new)
        } catch {
            throw FlywheelError.fileFailed(path: new, reason: error.reason)
        }
    }

    /// Removes a file or directory where there is one.
    private static func remove(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw FlywheelError.fileFailed(path: path, reason: "cannot be removed: \(error.localizedDescription)")
        }
    }

    static func write(_ value: some Encodable, to path: String) throws {
        try Directory.create(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        try AtomicFile.write(path, contents: try StateCoding.flywheel.line(value))
    }
}

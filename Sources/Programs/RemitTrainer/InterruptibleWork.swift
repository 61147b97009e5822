import CommandLines
import Flywheel
import Foundation
import System
import Training

/// A command's work, which blocks: on a thread of its own, with Ctrl-C and its like asking it to stop.
enum InterruptibleWork {
    /// The terminal's, a scheduler's, that of a terminal that goes, and that of a batch system before the time is over.
    private static let stopping = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]
    /// Within it a second signal is the first one again.
    private static let moment = Duration.seconds(1)

    /// - Parameters:
    ///   - onStop: what the first signal does; one that comes later than a moment after it ends the program at once.
    ///   - lost: what is lost then, for people.
    ///   - whenStopped: said once the work has stopped because it was asked to.
    static func run<Value: Sendable>(
        _ terminal: Terminal, onStop: @escaping @Sendable () -> Void, whenStopped: String? = nil,
        lost: String? = nil,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try SignalThread.install(stopping: stopping, keepsIgnored: true)
        try SignalThread.start(
            stopping: stopping, moment: moment, onStop: { _ in onStop() },
            onEnd: { _ in
                terminal.line("ended at once" + (lost.map { ": \($0)" } ?? ""))
                // Not the status of a run that was saved.
                return 1
            })
        do {
            let value = try await onThread("remit-trainer", body)
            terminal.status("")
            return value
        } catch  where isInterruption(error) {
            if let whenStopped { terminal.line(whenStopped) }
            throw Interrupted()
        }
    }

    private static func isInterruption(_ error: any Error) -> Bool {
        (error as? TrainingError) == .interrupted || (error as? FlywheelError) == .interrupted
    }
}

/// Ends the program with status 130, as a shell expects after Ctrl-C: what was done is saved, where there is something to save.
struct Interrupted: Error {}

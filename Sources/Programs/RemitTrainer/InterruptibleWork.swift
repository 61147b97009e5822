import CommandLines
import Flywheel
import System
import Training

/// A command's work, which blocks: on a thread of its own, with Ctrl-C and SIGTERM asking it to stop.
enum InterruptibleWork {
    /// - Parameters:
    ///   - onStop: what the first signal does; a second one ends the program at once.
    ///   - whenStopped: said once the work has stopped because it was asked to.
    static func run<Value: Sendable>(
        _ terminal: Terminal, onStop: @escaping @Sendable () -> Void, whenStopped: String? = nil,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try SignalThread.install()
        try SignalThread.start { _ in onStop() }
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

/// Ends the program with status 130, as a shell expects after Ctrl-C.
struct Interrupted: Error {}

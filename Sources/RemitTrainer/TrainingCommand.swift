import Annealing
import CommandLines
import ScoringClient

/// What the training commands share: signals, the thread that works, the last words.
enum TrainingCommand {
    static func run(_ plan: TrainingPlan) async throws {
        let terminal = Terminal()
        let stop = StopSignal()
        let cancellation = CancellationFlag()
        SignalThread.install()
        SignalThread.start { _ in
            stop.request()
            cancellation.cancel()
            terminal.line("stopping after this step; once more ends at once")
        }
        do {
            let summary = try await onThread {
                try TrainingRun(plan: plan, stop: stop, cancellation: cancellation, terminal: terminal).run()
            }
            terminal.status("")
            print(summary.table)
        } catch AnnealingError.interrupted {
            terminal.line("stopped; the same command with --resume continues the run in \(plan.run.out)")
            throw Interrupted()
        }
    }
}

/// Ends the program with status 130, as a shell expects after Ctrl-C.
struct Interrupted: Error {}

import Annealing
import CommandLines
import ScoringClient

/// What the training commands share: signals, the thread that works, the last words.
enum TrainingCommand {
    static func run(_ plan: TrainingPlan) async throws {
        let terminal = Terminal()
        let stop = StopSignal()
        let cancellation = CancellationFlag()
        let summary = try await InterruptibleWork.run(
            terminal,
            onStop: {
                stop.request()
                cancellation.cancel()
                terminal.line("stopping after this step; once more ends at once")
            }, whenStopped: "stopped; the same command with --resume continues the run in \(plan.run.out)"
        ) {
            try TrainingRun(plan: plan, stop: stop, cancellation: cancellation, terminal: terminal).run()
        }
        print(summary.table)
    }
}

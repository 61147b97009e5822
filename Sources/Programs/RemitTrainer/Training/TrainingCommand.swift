import Annealing
import CommandLines
import RunReports
import System

/// What the training commands share: signals, the thread that works, the last words.
enum TrainingCommand {
    static func run(_ plan: TrainingPlan) async throws {
        let terminal = Terminal()
        let stop = StopFlag()
        let summary = try await InterruptibleWork.run(
            terminal,
            onStop: {
                stop.request()
                terminal.line("stopping after this step; once more ends at once")
            }, whenStopped: "stopped; the same command with --resume continues the run in \(plan.run.out)",
            lost: "what was done since the last checkpoint is lost; --resume goes on from that one"
        ) {
            try TrainingRun(plan: plan, stop: stop, terminal: terminal).run()
        }
        print(summary.table)
    }
}

import Annealing
import ArgumentParser
import CommandLines
import TokenWeights

/// The choice of a weighting, for every command that trains.
struct WeightingArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "remit, remit-static (against the frozen base), rho1, ntp (plain next-token loss, no server), or program=COMMAND.",
            discussion:
                "program='python3 w.py' asks a program of your own: for each micro-batch it reads the log-probs of student and teacher in a line "
                + "of JSON and answers with weights in a line (docs/method.md). It needs no server where it asks for no teacher. "
                + "Controls of an experiment: random (remit's weights on tokens drawn by chance), random-matched (the same within a "
                + "domain and a tenth of the student's losses), domain (1 + epsilon on one domain, 1 - epsilon on the others), "
                + "domain-matched (remit's mean weight of each domain), student-loss (remit's arithmetic on the student's own losses: "
                + "no teacher), remit-inverted (2 minus remit's weight).",
            valueName: "name"))
    var weighting = Weighting().name

    @OptionGroup var options: WeightingOptions

    private static let program = ProgramWeighting.name + "="

    /// The command of a weighting of one's own; nil for all others.
    var program: String? {
        weighting.hasPrefix(Self.program) ? String(weighting.dropFirst(Self.program.count)) : nil
    }

    var choice: Weighting {
        var choice = options.choice(program == nil ? weighting : ProgramWeighting.name)
        choice.program = program
        return choice
    }
}

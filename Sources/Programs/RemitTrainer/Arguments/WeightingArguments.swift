import ArgumentParser
import CommandLines
import TokenWeights

/// The choice of a weighting, for every command that has one.
struct WeightingArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "remit, remit-static (against the frozen base), rho1, or ntp (plain next-token loss, no server).",
            discussion:
                "Controls of an experiment: random (remit's weights on tokens drawn by chance), domain (1 + epsilon on one "
                + "domain, 1 - epsilon on the others), domain-matched (remit's mean weight of each domain).",
            valueName: "name"))
    var weighting = Weighting().name

    @Option(
        in: ArgumentRanges.shares,
        help: ArgumentHelp("Weights are clipped to 1 - epsilon ... 1 + epsilon.", valueName: "number"))
    var epsilon = Weighting().epsilon

    @Option(help: ArgumentHelp("The mean that is subtracted: over the sequence or each document.", valueName: "unit"))
    var centering = Weighting().centering

    @Option(in: AboveZero(to: 1), help: ArgumentHelp("rho1: the share of tokens that is kept.", valueName: "fraction"))
    var keepFraction = Weighting().keepFraction

    var choice: Weighting {
        Weighting(weighting, epsilon: epsilon, centering: centering, keepFraction: keepFraction)
    }
}

extension Centering: ExpressibleByArgument {}

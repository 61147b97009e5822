import ArgumentParser
import CommandLines
import TokenWeights

/// What a weighting is told beside its name.
struct WeightingOptions: ParsableArguments {
    @Option(
        in: ArgumentRanges.shares,
        help: ArgumentHelp(
            "Weights are clipped to 1 - epsilon ... 1 + epsilon (default: \(Weighting().epsilon)).", valueName: "number"
        ))
    var epsilon: Double?

    @Option(
        help: ArgumentHelp(
            "The mean that is subtracted: over the sequence or each document (default: \(Weighting().centering.rawValue)).",
            valueName: "unit"))
    var centering: Centering?

    @Option(
        in: AboveZero(to: 1),
        help: ArgumentHelp(
            "rho1: the share of tokens that is kept (default: \(Weighting().keepFraction)).", valueName: "fraction"))
    var keepFraction: Double?

    /// The weighting of a name with what was given.
    func choice(_ name: String) -> Weighting {
        let standard = Weighting()
        return Weighting(
            name, epsilon: epsilon ?? standard.epsilon, centering: centering ?? standard.centering,
            keepFraction: keepFraction ?? standard.keepFraction)
    }

    /// The first flag that was given; nil where none was.
    var given: String? {
        let flags = [
            ("--epsilon", epsilon != nil), ("--centering", centering != nil), ("--keep-fraction", keepFraction != nil),
        ]
        return flags.first { $0.1 }?.0
    }
}

extension Centering: ExpressibleByArgument {}

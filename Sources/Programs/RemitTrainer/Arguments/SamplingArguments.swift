import ArgumentParser
import CommandLines

/// How completions are drawn.
struct SamplingArguments: ParsableArguments {
    @Option(in: 1...1_048_576, help: ArgumentHelp("Most tokens of a completion.", valueName: "tokens"))
    var maxNewTokens = 64

    @Option(in: 0.001...1000.0, help: ArgumentHelp("Temperature of what is drawn.", valueName: "number"))
    var temperature = 1.0
}

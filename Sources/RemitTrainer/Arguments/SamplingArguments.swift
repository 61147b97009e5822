import ArgumentParser

/// How completions are drawn.
struct SamplingArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Most tokens of a completion.", valueName: "tokens"))
    var maxNewTokens = 64

    @Option(help: ArgumentHelp("Temperature of what is drawn.", valueName: "number"))
    var temperature = 1.0

    func validate() throws {
        guard maxNewTokens >= 1 else {
            throw ValidationError("--max-new-tokens is \(maxNewTokens), expected 1 or more")
        }
        guard temperature > 0, temperature.isFinite else {
            throw ValidationError("--temperature is \(temperature), expected a finite number above 0")
        }
    }
}

import ArgumentParser
import CommandLines
import Foundation
import HTTPClient
import ScoringAPI
import ScoringClient
import System
import TokenWeights
import Training

struct WeightsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights",
        abstract: "Print a text's tokens coloured by the weight that the server gives them.",
        discussion: """
            The server must hold a base (remit-server --base): the weights are those of the first step. Orange tokens count more \
            than 1, blue ones less; off a terminal, or with NO_COLOR set, a table is printed instead.
            """)

    @Option(help: ArgumentHelp("URL of a remit-server.", valueName: "url"))
    var server: String

    @Option(
        help: ArgumentHelp("File whose first line is the server's API key.", valueName: "file"), completion: .file())
    var apiKeyFile: String?

    @Option(help: ArgumentHelp("CA certificates to trust for https (PEM).", valueName: "file"), completion: .file())
    var caFile: String?

    @Option(help: ArgumentHelp("Which of the server's teachers (default: the server's default).", valueName: "name"))
    var teacher: String?

    @Option(help: ArgumentHelp("The text.", valueName: "text"))
    var text: String?

    @Option(help: ArgumentHelp("A file with the text, instead of --text.", valueName: "file"), completion: .file())
    var file: String?

    @OptionGroup var weights: WeightingArguments

    @Option(help: ArgumentHelp("Colours: auto (on a terminal), always or never.", valueName: "when"))
    var color = ColorChoice.auto

    enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
        case auto, always, never
    }

    func validate() throws {
        guard weights.program == nil else {
            throw ValidationError("--weighting program=... is a run's: the server weighs here, and has no program")
        }
        guard (text == nil) != (file == nil) else { throw ValidationError("give --text or --file") }
    }

    func run() async throws {
        try PathCheck.input(file: file, "--file")
        try PathCheck.input(file: caFile, "--ca-file")
        try PathCheck.input(file: apiKeyFile, "--api-key-file")
        let content = try content()
        let response = try await onThread("remit-trainer") { try ask(content) }
        guard let result = response.results.first,
            let display = WeightedTokens(result, of: content, epsilon: weights.epsilon)
        else { throw TrainingError.fileFailed(path: server, reason: "answered without weights") }
        if let colors {
            print(display.colored(colors))
            print(display.legend(colors))
        } else {
            print(display.table)
        }
        print(display.summary)
    }

    /// nil: a table.
    private var colors: WeightColors? {
        let environment = ProcessInfo.processInfo.environment
        return switch color {
        case .always: WeightColors(depth: .wanted(environment: environment))
        case .never: nil
        case .auto: isatty(STDOUT_FILENO) == 1 ? ColorDepth(environment: environment).map(WeightColors.init) : nil
        }
    }

    private func content() throws -> String {
        guard let file else { return text ?? "" }
        return try String(contentsOf: URL(fileURLWithPath: file), encoding: .utf8).withoutByteOrderMark
    }

    private func ask(_ content: String) throws -> ScoreResponse {
        let client = try ScoringClient(servers: [server], apiKeyFile: apiKeyFile, caFile: caFile)
        return try client.weights(
            ScoreRequest(
                inputs: [ScoreInput(content: .text(content))],
                choice: weights.choice, pins: ModelPins(model: teacher)),
            CallOptions(timeout: .seconds(300), deadline: .now + .seconds(300)))
    }
}

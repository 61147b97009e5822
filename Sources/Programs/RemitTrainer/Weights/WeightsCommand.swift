import ArgumentParser
import CommandLines
import Foundation
import HTTPClient
import ScoringAPI
import ScoringClient
import TokenWeights

struct WeightsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights",
        abstract: "Print a text's tokens coloured by the weight that the server gives them.",
        discussion: """
            The server must hold a base (remit-server --base): the weights are those of the first step. Green tokens count more \
            than 1, red ones less; off a terminal, or with NO_COLOR set, a table is printed instead.
            """)

    @Option(help: ArgumentHelp("URL of a remit-server.", valueName: "url"))
    var server: String

    @Option(help: ArgumentHelp("File whose first line is the server's API key.", valueName: "file"))
    var apiKeyFile: String?

    @Option(help: ArgumentHelp("CA certificates to trust for https (PEM).", valueName: "file"))
    var caFile: String?

    @Option(help: ArgumentHelp("Which of the server's teachers (default: the server's default).", valueName: "name"))
    var teacher: String?

    @Option(help: ArgumentHelp("The text.", valueName: "text"))
    var text: String?

    @Option(help: ArgumentHelp("A file with the text, instead of --text.", valueName: "file"))
    var file: String?

    @OptionGroup var weights: WeightingArguments

    @Option(help: ArgumentHelp("Colours: auto (on a terminal), always or never.", valueName: "when"))
    var color = ColorChoice.auto

    enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
        case auto, always, never
    }

    func validate() throws {
        guard (text == nil) != (file == nil) else { throw ValidationError("give --text or --file") }
    }

    func run() async throws {
        let response = try await onThread { try ask() }
        guard let result = response.results.first, let display = WeightedTokens(result, epsilon: weights.epsilon) else {
            throw ValidationError("\(server) gave no weights")
        }
        print(isColored ? display.colored : display.table)
        if isColored { print(display.legend) }
        print(display.summary)
    }

    private var isColored: Bool {
        switch color {
        case .always: true
        case .never: false
        case .auto: isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
        }
    }

    private func ask() throws -> ScoreResponse {
        let content: String
        if let file {
            content = try String(contentsOf: URL(fileURLWithPath: file), encoding: .utf8).withoutByteOrderMark
        } else {
            content = text ?? ""
        }
        let client = try ScoringClient(servers: [server], apiKeyFile: apiKeyFile, caFile: caFile)
        return try client.weights(
            ScoreRequest(
                inputs: [ScoreInput(content: .text(content))],
                choice: weights.choice, pins: ModelPins(model: teacher)),
            CallOptions(timeout: .seconds(300), deadline: .now + .seconds(300)))
    }
}

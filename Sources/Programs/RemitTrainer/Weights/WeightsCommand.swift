import ArgumentParser
import CommandLines
import Foundation
import HTTPClient
import JSONValues
import ScoringAPI
import ScoringClient
import System
import TeacherLinks
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

    @Option(
        help: ArgumentHelp(
            "remit, remit-static (the same against the frozen base), rho1, or ntp (every weight is 1).",
            discussion:
                "The server weighs: it has neither the controls of an experiment nor programs (anneal has both).",
            valueName: "name"))
    var weighting = Weighting().name

    @OptionGroup var options: WeightingOptions

    @Option(help: ArgumentHelp("Colours: auto (on a terminal), always or never.", valueName: "when"))
    var color = ColorChoice.auto

    enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
        case auto, always, never
    }

    /// How long an address is tried at which nobody answers.
    private static let patience = Duration.seconds(10)

    func validate() throws {
        guard TokenWeightings.names.contains(weighting) else {
            throw ValidationError(
                "--weighting \(weighting): the server weighs here, and knows \(TokenWeightings.names.joined(separator: ", ")); controls "
                    + "and programs are for runs of anneal")
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
            let display = WeightedTokens(result, of: content, weighting: choice)
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

    private var choice: Weighting { options.choice(weighting) }

    private func content() throws -> String {
        guard let file else { return text ?? "" }
        // A pipe has no size to map.
        guard let contents = FileManager.default.contents(atPath: file) else {
            throw TrainingError.fileFailed(path: file, reason: "the text cannot be read")
        }
        let bytes = Array(contents)
        if let offset = UTF8Validation.firstInvalidOffset(bytes) {
            throw TrainingError.fileFailed(
                path: file, reason: "not UTF-8 at byte \(offset); convert it (iconv -f ENCODING -t UTF-8)")
        }
        return String(decoding: bytes, as: UTF8.self).withoutByteOrderMark
    }

    /// Where nobody listens the address is wrong, or the server is about to start: that is said, and waited for a moment.
    private func ask(_ content: String) throws -> ScoreResponse {
        let client = try ScoringClient(servers: [server], apiKeyFile: apiKeyFile, caFile: caFile)
        let notices = TeacherNotices(Terminal())
        return try client.weights(
            ScoreRequest(
                inputs: [ScoreInput(content: .text(content))], choice: choice, pins: ModelPins(model: teacher)),
            CallOptions(
                timeout: .seconds(300), deadline: .now + .seconds(300), patience: Self.patience,
                onWait: { notices.show(.waiting($0)) }))
    }
}

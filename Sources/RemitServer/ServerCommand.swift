import ArgumentParser
import Foundation
import Logging
import ScoringServer

@main
struct ServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remit-server",
        abstract: "Serves a frozen teacher's log-probs and token weights over HTTP.",
        discussion: """
            The contract is served at /openapi.yaml. Logs go to standard error. SIGTERM or SIGINT drains, a second one ends \
            at once; SIGHUP re-reads the key file. Each flag can be set by the environment variable that its help ends with.
            """,
        version: ServerProgram.version)

    @OptionGroup var options: ServerOptions

    /// Exit status of a start that was refused: EX_USAGE.
    private static let usageStatus: Int32 = 64

    static func main() {
        SignalThread.install()
        let environment = EnvironmentArguments(valueFlags: ServerOptions.valueFlags, switches: ServerOptions.switches)
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            let merged = try environment.merged(arguments, environment: ProcessInfo.processInfo.environment)
            var command = try parseAsRoot(merged)
            try command.run()
        } catch let error as EnvironmentArguments.BadSwitch {
            refuse("\(error)")
        } catch {
            exit(withError: error)
        }
    }

    func run() throws {
        let configuration: ServerConfiguration
        do {
            configuration = try ServerConfiguration(options)
        } catch {
            Self.refuse("\(error)")
        }
        let format = options.logFormat
        LoggingSystem.bootstrap { label in
            switch format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label)
            }
        }
        let logger = Logger(label: "remit-server")
        do {
            let program = try ServerProgram(configuration, keyFile: options.apiKeyFile, logger: logger)
            Foundation.exit(try program.run())
        } catch {
            logger.critical("cannot start", metadata: ["error": "\(error)"])
            Foundation.exit(1)
        }
    }

    private static func refuse(_ reason: String) -> Never {
        FileHandle.standardError.write(Data("remit-server: \(reason)\n".utf8))
        Foundation.exit(usageStatus)
    }
}

import ArgumentParser
import CommandLines
import Foundation
import Logging
import ScoringServer
import System

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Load a teacher and answer requests until a signal.",
        discussion: """
            The contract is served at /openapi.yaml. Logs go to standard error. SIGTERM or SIGINT drains, a second one ends at once; \
            SIGHUP re-reads the key file and does nothing else.

            Exit status: 0 drained, 1 cannot start or was cut short, 64 flags that contradict each other.
            """)

    @OptionGroup var options: ServerOptions

    func run() throws {
        MemoryAllocator.giveBackLargeBlocks()
        try SignalThread.install(hangUp: true)
        let configuration: ServerConfiguration
        do {
            configuration = try ServerConfiguration(options)
        } catch {
            throw ValidationError("\(error)")
        }
        let (format, sink) = (options.logFormat, try LogSink())
        let level = Logger.Level(rawValue: options.logLevel.rawValue) ?? .info
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                switch format {
                case .text: StreamLogHandler(label: label, stream: LogLines(sink: sink))
                case .json: JSONLogHandler(sink: sink)
                }
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "remit-server")
        // The last lines say why it ends; a reader that stalls does not keep it from that.
        defer { sink.flush(within: .seconds(1)) }
        do {
            let program = try ServerProgram(
                configuration, keyFile: options.apiKeyFile?.path, logger: logger, lostLogLines: { sink.lostLines })
            throw ExitCode(try program.run())
        } catch let status as ExitCode {
            throw status
        } catch {
            logger.critical("cannot start", metadata: ["error": "\(error)"])
            throw ExitCode(1)
        }
    }
}

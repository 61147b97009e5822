import CommandLines
import Foundation
import HTTPSockets
import JSONValues
import LocalEngines
import ScoreStores
import ScoringAPI
import ScoringServer
import Tensors

/// The options after every check: what the program runs with.
package struct ServerConfiguration: Sendable {
    /// A contradiction or a value out of range, in one line.
    package struct Refusal: Error, CustomStringConvertible {
        /// The contradiction in one line, by the flags' names.
        package let description: String
    }

    /// Every flag with its value in force.
    let options: ServerOptions
    /// The teacher's name in answers.
    let name: String
    /// Threads that compute, and on which instruction set.
    let workers: (threads: Int, path: KernelPath)
    let http: HTTPServerConfiguration
    let apiKeys: APIKeys?
    let limits: ServiceLimits
    let drainTimeout: Duration
    let store: ScoreStoreConfiguration?
    let modelsDirectory: ModelsDirectory?
    /// Where canaries of engines elsewhere are kept; nil: in memory.
    let engineState: String?
    let maxMemory: Int
    let pages: PageRules
    /// Every flag with its value, for /info; what the socket and the models settle is not known yet.
    package let settings: ServiceSettings

    /// 4,300 million log-probs.
    static let defaultStoreBytes = ByteCount(16 << 30)

    /// The configuration that the options give, defaults of the machine (threads, memory) filled in.
    ///
    /// - Throws: `Refusal` for flags that contradict each other, `APIKeyError` for the key file, `UnsupportedKernelPath`.
    package init(_ given: ServerOptions) throws {
        try Self.checkName(given)
        try Self.checkAccess(given)
        try Self.checkEngines(given)
        try Self.checkPaths(given)
        limits = try Self.limits(given)
        store = try Self.store(given)
        modelsDirectory = try Self.modelsDirectory(given)
        pages = Self.pages(given)
        let hasEngines = try EngineChoice(given) != nil
        engineState = given.engines.engineState?.path ?? (hasEngines ? given.store?.path : nil)
        apiKeys = try given.apiKeyFile.map { try KeyFile.read($0.path) }
        name = given.name ?? ModelName.made(ofDirectory: given.model.path)
        workers = (given.compute.threadsInForce, try given.compute.chosenKernelPath())
        maxMemory = given.maxMemory?.bytes ?? MachineMemory.bytes()
        // What has a default beyond its declaration: of the machine, of another flag.
        var options = given
        options.name = name
        options.compute.threads = workers.threads
        options.compute.kernelPath = workers.path
        options.maxMemory = ByteCount(maxMemory)
        options.maxSequenceTokens = limits.maxSequenceTokens
        options.storeMaxBytes = store.map { ByteCount($0.maxBytes) }
        self.options = options
        drainTimeout = .seconds(options.drainTimeout)
        http = HTTPServerConfiguration(
            host: options.host, port: options.port, maxConnections: options.maxConnections,
            idleTimeout: .seconds(options.idleTimeout), headerTimeout: .seconds(options.headerTimeout),
            bodyTimeout: .seconds(options.bodyTimeout), writeTimeout: .seconds(options.writeTimeout),
            maxTotalBodyBytes: options.maxBufferedBytes.bytes)
        settings = Self.settings(options)
    }

    private static func settings(_ options: ServerOptions) -> ServiceSettings {
        let flags = FlagValues(options).entries
        var values = JSONObject()
        for flag in flags { values[key: flag.name] = flag.value }
        return ServiceSettings(values: values, paths: Set(flags.filter(\.isPath).map(\.name)))
    }
}

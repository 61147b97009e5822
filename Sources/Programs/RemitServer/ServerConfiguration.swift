import CommandLines
import Foundation
import HTTPSockets
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

    let modelDirectory: String
    let baseDirectory: String?
    let name: String
    let precision: ServerOptions.PrecisionName
    let threads: Int
    let kernelPath: KernelPath
    /// Fields of config.json that count as absent, in every model that is loaded.
    let ignoredConfigFields: Set<String>
    let http: HTTPServerConfiguration
    let portFile: String?
    let apiKeys: APIKeys?
    let limits: ServiceLimits
    let drainTimeout: Duration
    let store: ScoreStoreConfiguration?
    let modelsDirectory: ModelsDirectory?
    let maxMemory: Int
    let isAdminOpen: Bool
    let pages: PageRules
    /// Every flag with its value, for /info; what the socket and the models settle is not known yet.
    package let settings: ServiceSettings

    /// 4,300 million log-probs.
    static let defaultStoreBytes = ByteCount(16 << 30)
    /// The configuration that the options give, defaults of the machine (threads, memory) filled in.
    ///
    /// - Throws: `Refusal` for flags that contradict each other, `APIKeyError` for the key file, `UnsupportedKernelPath`.
    package init(_ options: ServerOptions) throws {
        try Self.checkName(options)
        try Self.checkAccess(options)
        limits = try Self.limits(options)
        store = try Self.store(options)
        modelsDirectory = try Self.modelsDirectory(options)
        maxMemory = options.maxMemory?.bytes ?? MachineMemory.bytes()
        isAdminOpen = options.adminWithoutKey
        pages = Self.pages(options)
        apiKeys = try options.apiKeyFile.map(KeyFile.read)
        modelDirectory = options.model
        baseDirectory = options.base
        name =
            options.name
            ?? ModelName.made(of: URL(fileURLWithPath: options.model).standardizedFileURL.lastPathComponent)
        precision = options.precision
        threads = options.threads ?? ProcessorShare.threads()
        kernelPath = try KernelPath.chosen(options.kernelPath)
        ignoredConfigFields = Set(options.ignoreConfigField.map(\.name))
        portFile = options.portFile
        drainTimeout = .seconds(options.drainTimeout)
        http = HTTPServerConfiguration(
            host: options.host, port: options.port, maxConnections: options.maxConnections,
            idleTimeout: .seconds(options.idleTimeout), headerTimeout: .seconds(options.headerTimeout),
            bodyTimeout: .seconds(options.bodyTimeout), writeTimeout: .seconds(options.writeTimeout),
            maxTotalBodyBytes: options.maxBufferedBytes.bytes)
        settings = Self.settings(
            options, workers: (threads, kernelPath), name: name, limits: limits, maxMemory: maxMemory)
    }
}

import CommandLines
import Foundation
import HTTPSockets
import ScoreStores
import ScoringAPI
import ScoringServer

/// The options after every check: what the program runs with.
struct ServerConfiguration: Sendable {
    /// A contradiction or a value out of range, in one line.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    let modelDirectory: String
    let baseDirectory: String?
    let name: String
    let precision: ServerOptions.PrecisionName
    let threads: Int
    let http: HTTPServerConfiguration
    let portFile: String?
    let apiKeys: APIKeys?
    let limits: ServiceLimits
    let drainTimeout: Duration
    let store: ScoreStoreConfiguration?
    let modelsDirectory: ModelsDirectory?
    let maxMemory: Int
    let isAdminOpen: Bool

    /// 4,300 million log-probs.
    static let defaultStoreBytes = ByteCount(16 << 30)
    /// Below it a store is mostly its own book-keeping.
    private static let minimumStoreBytes = 1 << 20

    init(_ options: ServerOptions) throws {
        func check(_ holds: Bool, _ message: @autoclosure () -> String) throws {
            guard holds else { throw Refusal(description: message()) }
        }
        let threads = options.threads ?? ProcessInfo.processInfo.activeProcessorCount
        try check((1...1024).contains(threads), "--threads \(threads): expected 1 to 1024")
        try check((0...65_535).contains(options.port), "--port \(options.port): expected 0 to 65535")
        for (flag, value) in [
            ("max-batch-tokens", options.maxBatchTokens), ("max-sequence-tokens", options.maxSequenceTokens ?? 1),
            ("max-request-tokens", options.maxRequestTokens), ("max-queued-tokens", options.maxQueuedTokens),
            ("max-inputs", options.maxInputs), ("max-body-bytes", options.maxBodyBytes.bytes),
            ("max-buffered-bytes", options.maxBufferedBytes.bytes), ("max-connections", options.maxConnections),
            ("request-timeout", options.requestTimeout),
        ] {
            try check((1...1 << 40).contains(value), "--\(flag) \(value): expected at least 1")
        }
        try check(
            (0...1 << 40).contains(options.cacheTokens), "--cache-tokens \(options.cacheTokens): expected 0 or more")
        try check(
            (0...86_400).contains(options.drainTimeout), "--drain-timeout \(options.drainTimeout): expected 0 to 86400")

        limits = ServiceLimits(
            maxBodyBytes: options.maxBodyBytes.bytes, maxBufferedBytes: options.maxBufferedBytes.bytes,
            maxInputs: options.maxInputs,
            maxRequestTokens: options.maxRequestTokens, maxSequenceTokens: options.maxSequenceTokens,
            maxBatchTokens: options.maxBatchTokens, maxQueuedTokens: options.maxQueuedTokens,
            cacheTokens: options.cacheTokens, requestTimeout: .seconds(options.requestTimeout))
        if let contradiction = limits.contradiction {
            throw Refusal(description: contradiction)
        }
        try check(
            options.store != nil || options.storeMaxBytes == nil,
            "--store-max-bytes \(options.storeMaxBytes?.description ?? "") without --store: there is no store to limit")
        let storeBytes = (options.storeMaxBytes ?? Self.defaultStoreBytes).bytes
        try check(
            storeBytes >= Self.minimumStoreBytes,
            "--store-max-bytes \(storeBytes): expected at least \(ByteCount(Self.minimumStoreBytes))")
        store = options.store.map { ScoreStoreConfiguration(directory: $0, maxBytes: storeBytes) }
        modelsDirectory = try options.modelsDir.map { path in
            guard let directory = ModelsDirectory(path) else {
                throw Refusal(description: "--models-dir \(path): there is no such directory")
            }
            return directory
        }
        maxMemory = options.maxMemory?.bytes ?? MachineMemory.bytes()
        try check(maxMemory > 0, "--max-memory 0: expected more")
        isAdminOpen = options.adminWithoutKey
        try check(
            !options.adminWithoutKey || options.apiKeyFile == nil,
            "--admin-without-key beside --api-key-file: mark the keys that may change teachers with admin in the file")
        apiKeys = try options.apiKeyFile.map(Self.readKeys)
        try check(
            apiKeys != nil || options.insecure || Self.isLoopback(options.host),
            "--host \(options.host) can be reached by others: give --api-key-file, or --insecure to serve it without a key"
        )
        modelDirectory = options.model
        baseDirectory = options.base
        try check(
            options.name.map(ModelName.isValid) ?? true,
            "--name \(options.name ?? ""): expected 1 to \(ModelName.maxBytes) letters, digits, dots, dashes or underscores"
        )
        name =
            options.name
            ?? ModelName.made(of: URL(fileURLWithPath: options.model).standardizedFileURL.lastPathComponent)
        precision = options.precision
        self.threads = threads
        portFile = options.portFile
        drainTimeout = .seconds(options.drainTimeout)
        http = HTTPServerConfiguration(
            host: options.host, port: options.port, maxConnections: options.maxConnections,
            maxTotalBodyBytes: options.maxBufferedBytes.bytes)
    }

    static func readKeys(_ path: String) throws -> APIKeys {
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() ?? Data() else {
            throw APIKeyError.unreadable(file: path, reason: "it is not there, or not readable for this user")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw APIKeyError.unreadable(file: path, reason: "expected UTF-8 text")
        }
        return try APIKeys(parsing: text, file: path)
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "[::1]"
            || (host.hasPrefix("127.") && host.split(separator: ".").count == 4
                && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) })
    }
}

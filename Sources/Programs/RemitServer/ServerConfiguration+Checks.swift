import CommandLines
import HTTPSockets
import ScoreStores
import ScoringAPI
import ScoringServer

/// What stops the start: flags that contradict each other, said in one line.
extension ServerConfiguration {
    private static func check(_ holds: Bool, _ message: @autoclosure () -> String) throws(Refusal) {
        guard holds else { throw Refusal(description: message()) }
    }

    static func checkName(_ options: ServerOptions) throws(Refusal) {
        try check(
            options.name.map(ModelName.isValid) ?? true,
            "--name \(options.name ?? ""): expected \(ModelName.expectation)")
    }

    /// Who may reach the server, and who may change it.
    static func checkAccess(_ options: ServerOptions) throws(Refusal) {
        try check(
            options.apiKeyFile != nil || options.insecure || PageRules.isLoopback(options.host),
            "--host \(options.host) can be reached by others: give --api-key-file, or --insecure to serve it without a key"
        )
        try check(
            !options.insecure || options.apiKeyFile == nil,
            "--insecure beside --api-key-file: a key is asked for or it is not")
        try check(
            !options.adminWithoutKey || options.apiKeyFile == nil,
            "--admin-without-key beside --api-key-file: mark the keys that may change teachers with admin in the file")
        try check(
            !options.adminWithoutKey || options.modelsDir != nil,
            "--admin-without-key without --models-dir: there are no teachers to change")
        try check(
            options.allowedHost.isEmpty || looksAtHost(options),
            "--allowed-host beside --api-key-file or a public --host: there any name is answered")
        for host in options.allowedHost {
            try check(
                PageRules.isHost(host),
                "--allowed-host: expected a name without port, scheme and path (an IPv6 address in brackets), got "
                    + host.debugDescription)
        }
        for origin in options.allowedOrigin {
            try check(
                PageRules.isOrigin(origin),
                "--allowed-origin \(origin): expected what browsers send, as https://example.org without a path, and without "
                    + "the port that its scheme has anyway")
        }
    }

    /// A page that means this machine by a name of its own finds a door that is open to everybody here.
    private static func looksAtHost(_ options: ServerOptions) -> Bool {
        options.apiKeyFile == nil && PageRules.isLoopback(options.host)
    }

    /// Engines of teacher and base, and what goes with them.
    static func checkEngines(_ options: ServerOptions) throws {
        try check(
            options.baseEngine.isEmpty || options.base != nil,
            "--base-engine without --base: its directory gives tokenizer and configuration")
        // With --models-dir a request may name one.
        guard try EngineChoice(options) == nil, options.modelsDir == nil else { return }
        if let contradiction = options.engines.withoutEngine { throw Refusal(description: contradiction) }
    }

    /// Places that are written to once the server listens.
    static func checkPaths(_ options: ServerOptions) throws(Refusal) {
        do {
            try PathCheck.output(file: options.portFile?.path, "--port-file")
            try PathCheck.output(directory: options.engines.engineState?.path, "--engine-state")
        } catch {
            throw Refusal(description: "\(error)")
        }
    }

    static func pages(_ options: ServerOptions) -> PageRules {
        PageRules(
            hosts: looksAtHost(options) ? Set(options.allowedHost.map { $0.lowercased() }) : nil,
            origins: Set(options.allowedOrigin.map { $0.lowercased() }))
    }

    static func limits(_ options: ServerOptions) throws(Refusal) -> ServiceLimits {
        let limits = ServiceLimits(
            maxBodyBytes: options.maxBodyBytes.bytes, maxBufferedBytes: options.maxBufferedBytes.bytes,
            maxInputs: options.maxInputs, maxRequestTokens: options.maxRequestTokens,
            maxSequenceTokens: options.maxSequenceTokens, maxBatchTokens: options.maxBatchTokens,
            maxQueuedTokens: options.maxQueuedTokens, cacheTokens: options.cacheTokens,
            maxTopK: options.maxTopK, requestTimeout: .seconds(options.requestTimeout))
        if let contradiction = limits.contradiction { throw Refusal(description: contradiction) }
        return limits
    }

    static func store(_ options: ServerOptions) throws(Refusal) -> ScoreStoreConfiguration? {
        guard let directory = options.store else {
            try check(
                options.storeMaxBytes == nil,
                "--store-max-bytes \(options.storeMaxBytes?.description ?? "") without --store: there is no store to limit"
            )
            return nil
        }
        let size = options.storeMaxBytes ?? defaultStoreBytes
        return ScoreStoreConfiguration(directory: directory.path, maxBytes: size.bytes)
    }

    static func modelsDirectory(_ options: ServerOptions) throws(Refusal) -> ModelsDirectory? {
        guard let path = options.modelsDir else { return nil }
        let directory = ModelsDirectory(path.path)
        try check(directory != nil, "--models-dir \(path): there is no such directory")
        return directory
    }
}

import CommandLines
import ScoreStores
import ScoringAPI
import ScoringServer

/// What stops the start: values out of range and flags that contradict each other, each said in one line.
extension ServerConfiguration {
    /// Below it a store is mostly its own book-keeping.
    private static let minimumStoreBytes = ByteCount(1 << 20)
    private static let secondsOfADay = 86_400

    private static func check(_ holds: Bool, _ message: @autoclosure () -> String) throws(Refusal) {
        guard holds else { throw Refusal(description: message()) }
    }

    static func checkRanges(_ options: ServerOptions) throws(Refusal) {
        let most = 1 << 40
        for (flag, value, range) in [
            ("threads", options.threads ?? 1, 1...1024), ("port", options.port, 0...65_535),
            ("max-batch-tokens", options.maxBatchTokens, 1...most),
            ("max-sequence-tokens", options.maxSequenceTokens ?? 1, 1...most),
            ("max-request-tokens", options.maxRequestTokens, 1...most),
            ("max-queued-tokens", options.maxQueuedTokens, 1...most),
            ("cache-tokens", options.cacheTokens, 0...most), ("max-top-k", options.maxTopK, 0...1 << 20),
            ("max-inputs", options.maxInputs, 1...most),
            ("max-connections", options.maxConnections, 1...65_536),
            ("idle-timeout", options.idleTimeout, 1...secondsOfADay),
            ("header-timeout", options.headerTimeout, 1...secondsOfADay),
            ("body-timeout", options.bodyTimeout, 1...secondsOfADay),
            ("write-timeout", options.writeTimeout, 1...secondsOfADay),
            ("request-timeout", options.requestTimeout, 1...secondsOfADay),
            ("drain-timeout", options.drainTimeout, 0...secondsOfADay),
        ] {
            try check(
                range.contains(value),
                "--\(flag) \(value): expected \(range.lowerBound) to \(range.upperBound)")
        }
        for (flag, size) in [
            ("max-body-bytes", options.maxBodyBytes), ("max-buffered-bytes", options.maxBufferedBytes),
            ("max-memory", options.maxMemory ?? ByteCount(1)),
        ] {
            try check((1...1 << 50).contains(size.bytes), "--\(flag) \(size): expected at least 1")
        }
        try check(
            options.name.map(ModelName.isValid) ?? true,
            "--name \(options.name ?? ""): expected 1 to \(ModelName.maxBytes) letters, digits, dots, dashes or underscores"
        )
    }

    /// Who may reach the server, and who may change it.
    static func checkAccess(_ options: ServerOptions) throws(Refusal) {
        try check(
            options.apiKeyFile != nil || options.insecure || isLoopback(options.host),
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
        try check(
            size.bytes >= minimumStoreBytes.bytes, "--store-max-bytes \(size): expected at least \(minimumStoreBytes)")
        return ScoreStoreConfiguration(directory: directory, maxBytes: size.bytes)
    }

    static func modelsDirectory(_ options: ServerOptions) throws(Refusal) -> ModelsDirectory? {
        guard let path = options.modelsDir else { return nil }
        let directory = ModelsDirectory(path)
        try check(directory != nil, "--models-dir \(path): there is no such directory")
        return directory
    }
}

import ArgumentParser
import ScoringServer

/// Every flag. Each can also be set in the environment, under the name that its help ends with; the flag wins.
struct ServerOptions: ParsableArguments {
    enum LogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }
    enum PrecisionName: String, ExpressibleByArgument, CaseIterable { case f32, bf16 }

    @Option(help: ArgumentHelp("The teacher: a Hugging Face checkpoint. [REMIT_MODEL]", valueName: "dir"))
    var model: String
    @Option(
        help: ArgumentHelp(
            "A frozen base whose log-probs stand for the student where a request posts none. [REMIT_BASE]",
            valueName: "dir"))
    var base: String?
    @Option(help: "The teacher's name in answers; by default its directory's. [REMIT_NAME]")
    var name: String?
    @Option(help: "f32 is exact, bf16 faster. [REMIT_PRECISION]")
    var precision = PrecisionName.f32
    @Option(help: "Threads that compute; by default one a CPU. [REMIT_THREADS]")
    var threads: Int?

    @Option(help: "Address to listen on; one that others can reach asks for a key. [REMIT_HOST]")
    var host = "127.0.0.1"
    @Option(help: "Port to listen on; 0 takes a free one. [REMIT_PORT]")
    var port = 8080
    @Option(help: ArgumentHelp("Write the port to this file once listening. [REMIT_PORT_FILE]", valueName: "file"))
    var portFile: String?
    @Option(
        help: ArgumentHelp(
            "Keys, one a line as KEY or NAME:KEY; then every route but /health and /ready asks for one. "
                + "[REMIT_API_KEY_FILE]", valueName: "file"))
    var apiKeyFile: String?
    @Flag(help: "Serve a public address without a key. [REMIT_INSECURE]")
    var insecure = false

    @Option(help: "Most tokens in one forward pass; bounds memory and the longest document. [REMIT_MAX_BATCH_TOKENS]")
    var maxBatchTokens = ServiceLimits().maxBatchTokens
    @Option(
        help: ArgumentHelp(
            "Most tokens of one document; by default --max-batch-tokens, never more than the model's context. "
                + "[REMIT_MAX_SEQUENCE_TOKENS]", valueName: "max-sequence-tokens"))
    var maxSequenceTokens: Int?
    @Option(help: "Most tokens of one request. [REMIT_MAX_REQUEST_TOKENS]")
    var maxRequestTokens = ServiceLimits().maxRequestTokens
    @Option(help: "Most tokens waiting or running; beyond it requests get 429. [REMIT_MAX_QUEUED_TOKENS]")
    var maxQueuedTokens = ServiceLimits().maxQueuedTokens
    @Option(help: "Log-probs kept in memory, in tokens of 4 bytes; 0 keeps none. [REMIT_CACHE_TOKENS]")
    var cacheTokens = ServiceLimits().cacheTokens
    @Option(help: "Most inputs of one request. [REMIT_MAX_INPUTS]")
    var maxInputs = ServiceLimits().maxInputs
    @Option(help: "Largest request body. [REMIT_MAX_BODY_BYTES]")
    var maxBodyBytes = ServiceLimits().maxBodyBytes
    @Option(help: "Bodies of all connections together; beyond it requests get 503. [REMIT_MAX_BUFFERED_BYTES]")
    var maxBufferedBytes = ServiceLimits().maxBufferedBytes
    @Option(help: "Most open connections; beyond it they get 503. [REMIT_MAX_CONNECTIONS]")
    var maxConnections = 256
    @Option(help: "Seconds after which a request that is not scored gets 503. [REMIT_REQUEST_TIMEOUT]")
    var requestTimeout = 600
    @Option(help: "Seconds that running requests get on SIGTERM or SIGINT. [REMIT_DRAIN_TIMEOUT]")
    var drainTimeout = 30
    @Option(help: "text or json, a line an event on standard error. [REMIT_LOG_FORMAT]")
    var logFormat = LogFormat.text

    /// The flags that take a value, by long name.
    static let valueFlags = [
        "model", "base", "name", "precision", "threads", "host", "port", "port-file", "api-key-file",
        "max-batch-tokens", "max-sequence-tokens", "max-request-tokens", "max-queued-tokens", "cache-tokens",
        "max-inputs", "max-body-bytes", "max-buffered-bytes", "max-connections", "request-timeout", "drain-timeout",
        "log-format",
    ]
    static let switches = ["insecure"]
}

import ArgumentParser
import CommandLines
import RemoteEngines
import ScoringServer
import Transformers

/// Every flag of `serve`: declared here, with its range, default and help. /info, the environment and docs/flags.md follow.
package struct ServerOptions: ParsableArguments, Sendable {
    package init() {}

    /// The form of the log: `text` for people, `json` with one object a line.
    package enum LogFormat: String, ExpressibleByArgument, CaseIterable, SettingValue, Sendable { case text, json }
    /// The least important lines that the log has.
    package enum LogLevel: String, ExpressibleByArgument, CaseIterable, SettingValue, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    @Option(help: ArgumentHelp("The teacher: a Hugging Face checkpoint.", valueName: "dir"), completion: .directory)
    var model: PathArgument
    @Option(
        help: ArgumentHelp(
            "A frozen base whose log-probs stand for the student where a request posts none.",
            valueName: "dir"), completion: .directory)
    var base: PathArgument?
    @Option(help: "The teacher's name in answers (default: its directory's).")
    var name: String?
    @Option(help: "f32 is exact, bf16 faster.")
    var precision = Precision.f32
    @OptionGroup var compute: ComputeArguments
    @OptionGroup var packing: PackedCacheArguments
    @OptionGroup var engines: EngineArguments
    @Option(
        help: ArgumentHelp(
            "The base is computed there, as --engine says of the teacher, whose other --engine flags hold for it too (repeatable).",
            valueName: "kind=url"), transform: EngineAddress.init(written:))
    var baseEngine: [EngineAddress] = []
    @Option(
        help: ArgumentHelp(
            "What the weights of the base's engine are, where --base has no tensors to hash.", valueName: "id"))
    var baseEngineWeights: String?

    @Option(help: "Address to listen on; one that others can reach asks for a key.")
    var host = "127.0.0.1"
    @Option(in: 0...65_535, help: "Port to listen on; 0 takes a free one.")
    var port = 8080
    @Option(help: ArgumentHelp("Write the port to this file once listening.", valueName: "file"), completion: .file())
    var portFile: PathArgument?
    @Option(
        help: ArgumentHelp(
            "Keys, one a line as [NAME:]KEY [admin] [tokens-per-minute=N]; then every route but /health, /ready and the "
                + "page asks for one.", valueName: "file"), completion: .file())
    var apiKeyFile: PathArgument?
    @Option(
        help: ArgumentHelp(
            "Name, without a port, that Host may have beside localhost, on a loopback address without keys (repeatable).",
            valueName: "name"))
    var allowedHost: [String] = []
    @Option(
        help: ArgumentHelp(
            "Web pages of this origin may ask (repeatable); others are refused, so that no page uses a server that its reader can reach.",
            valueName: "origin"))
    var allowedOrigin: [String] = []
    @Flag(help: "Serve a public address without a key.")
    var insecure = false
    @Flag(help: "Serve no page at /, /status and /docs.")
    var noPage = false
    @Flag(
        help:
            "Serve none of the routes of other systems' clients: /v1/completions, /tokenizer_info, /tokenize, /detokenize, /generate."
    )
    var noDialects = false

    @Option(
        help: ArgumentHelp(
            "Keep log-probs in this directory across restarts; servers of one host may share it.", valueName: "dir"),
        completion: .directory)
    var store: PathArgument?
    @Option(
        // Below it a store is mostly its own book-keeping.
        in: ByteCount(1 << 20)...ByteCount(1 << 50),
        help: ArgumentHelp(
            "Size of the store, beyond which the least recently used leave (default: "
                + "\(ServerConfiguration.defaultStoreBytes)).", valueName: "size"))
    var storeMaxBytes: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Teachers may be loaded from checkpoints under this directory while the server runs (POST /v1/teachers).",
            valueName: "dir"), completion: .directory)
    var modelsDir: PathArgument?
    @Option(
        in: ArgumentRanges.bytes,
        help: ArgumentHelp(
            "Memory for parameters, working memory and kept log-probs of all models; one that does not fit is not loaded "
                + "(default: the machine's or the control group's).", valueName: "size"))
    var maxMemory: ByteCount?
    @Flag(help: "Without --api-key-file, let anybody load, drop and switch teachers.")
    var adminWithoutKey = false

    @Option(in: ArgumentRanges.tokens, help: "Most tokens in one forward pass; bounds memory and the longest document.")
    var maxBatchTokens = ServiceLimits().maxBatchTokens
    @Option(
        in: ArgumentRanges.tokens,
        help: ArgumentHelp(
            "Most tokens of one document, never more than the model's context (default: --max-batch-tokens).",
            valueName: "max-sequence-tokens"))
    var maxSequenceTokens: Int?
    @Option(in: ArgumentRanges.tokens, help: "Most tokens of one request.")
    var maxRequestTokens = ServiceLimits().maxRequestTokens
    @Option(
        in: ArgumentRanges.tokens,
        help: "Most tokens waiting or running; beyond it requests get 429. A single larger request is taken in parts.")
    var maxQueuedTokens = ServiceLimits().maxQueuedTokens
    @Option(in: 0...(1 << 36), help: "Log-probs kept in memory, in tokens of 4 bytes; 0 keeps none.")
    var cacheTokens = ServiceLimits().cacheTokens
    @Option(
        in: 0...1_048_576,
        help:
            "Most of the teacher's likeliest tokens at each position that a request may ask for (top_k); 0 gives none.")
    var maxTopK = ServiceLimits().maxTopK
    @Option(in: 1...(1 << 30), help: "Most inputs of one request.")
    var maxInputs = ServiceLimits().maxInputs
    @Option(in: ArgumentRanges.bytes, help: "Largest request body.")
    var maxBodyBytes = ByteCount(ServiceLimits().maxBodyBytes)
    @Option(
        in: ArgumentRanges.bytes,
        help: "Bodies of all connections, what is made of them, and answers together; beyond it requests get 503.")
    var maxBufferedBytes = ByteCount(ServiceLimits().maxBufferedBytes)
    @Option(
        in: 1...65_536,
        help: "Most open connections; beyond it one that asks for nothing is closed, or who comes gets 503.")
    var maxConnections = 256
    @Option(in: 1...86_400, help: "Seconds that a connection may wait for its next request.")
    var idleTimeout = 75
    @Option(
        in: 1...86_400, help: "Seconds for a request's header to arrive, or for the first byte of a new connection.")
    var headerTimeout = 10
    @Option(in: 1...86_400, help: "Seconds for a request's body to arrive, and one more for each 64 KiB of it.")
    var bodyTimeout = 30
    @Option(
        in: 1...86_400,
        help: "Seconds for a client to take an answer, or a line of a streamed one, and one more for each 64 KiB of it."
    )
    var writeTimeout = 30
    @Option(in: 1...86_400, help: "Seconds after which a request that is not scored gets 503.")
    var requestTimeout = 600
    @Option(in: 0...86_400, help: "Seconds that running requests get on SIGTERM or SIGINT.")
    var drainTimeout = 30
    @Option(help: "text or json, a line an event on standard error.")
    var logFormat = LogFormat.text
    @Option(help: "Least important lines that are logged: trace, debug, info, notice, warning, error or critical.")
    var logLevel = LogLevel.info
}

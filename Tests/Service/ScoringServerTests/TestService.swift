import Digests
import Foundation
import HTTPSockets
import Logging
import Scoring
import ScoringServer
import System
import TestSupport
import Tokenizers

/// A whole service over fake engines, reached through the handler or over a socket.
final class TestService: Sendable {
    struct Setup: Sendable {
        var hasBase = true
        var baseEqualsTeacher = false
        var baseSpecial = "<|end|>"
        var holdsEngine = false
        var isElsewhere = false
        var precision = "f32"
        var addsSpecial = false
        var trimsOffsets = false
        var keys: String?
        var limits = ServiceLimits()
        var isAdminOpen = true
        var hasLoader = true
        /// False: as while the models load.
        var becomesReady = true
        var writeTimeout = Duration.seconds(30)
        var pages = PageRules()
        var hasPage = true
        var hasDialects = true
    }

    let teacher: FakeEngine
    let base: FakeEngine
    let tokenizer: Tokenizer
    let models: LoadedModels
    let service: ScoringService
    let loader: FakeLoader
    let log: CapturedLog
    let caller: Caller
    private let server: HTTPServer?
    private let socketEvents: Locked<[HTTPServerEvent]>

    /// What happened to connections, beside requests that were answered.
    /// Counted under the lock: ThreadSanitizer cannot see that a copy of the array was given back before the next event is added to it.
    func eventCount(where isWanted: (HTTPServerEvent) -> Bool) -> Int {
        socketEvents.withLock { $0.count(where: isWanted) }
    }
    var openConnections: Int { server?.openConnections ?? 0 }

    init(_ transport: Transport, _ setup: Setup = Setup()) throws {
        teacher = FakeEngine("teacher", held: setup.holdsEngine, isElsewhere: setup.isElsewhere)
        base = FakeEngine(setup.baseEqualsTeacher ? "teacher" : "base")
        tokenizer = try TestTokenizer.make(addsSpecial: setup.addsSpecial, trims: setup.trimsOffsets)
        models = LoadedModels(
            teacher: Self.model("demo-teacher", teacher, precision: setup.precision),
            base: setup.hasBase ? Self.model("demo-base", base) : nil,
            tokenizer: tokenizer, unsharedTokenIDs: setup.baseSpecial == "<|end|>" ? [] : [256], kernelPath: "fake")
        loader = FakeLoader(tokenizer: tokenizer, base: models.base)
        let metrics = ServerMetrics(registry: MetricsRegistry(), version: "test")
        let limits = setup.limits
        let queue = try ScoreQueue(
            .init(
                maxBatchTokens: limits.maxBatchTokens, maxQueuedTokens: limits.maxQueuedTokens,
                cacheTokens: limits.cacheTokens)
        ) { metrics.count($0) }
        let log = CapturedLog()
        self.log = log
        service = ScoringService(
            version: "test", limits: limits, threads: 2, queue: queue,
            keys: try setup.keys.map { try APIKeys(parsing: $0, file: "keys") },
            administration: TeacherAdministration(
                loader: setup.hasLoader ? loader : nil, isOpen: setup.isAdminOpen), pages: setup.pages,
            hasPage: setup.hasPage, hasDialects: setup.hasDialects, metrics: metrics,
            logger: Logger(label: "test") { _ in log.handler })
        if setup.becomesReady { service.becomeReady(models) }
        let handler = ServiceHandler(service)
        let configuration = HTTPServerConfiguration(
            writeTimeout: setup.writeTimeout, maxTotalBodyBytes: limits.maxBufferedBytes)
        let events = Locked<[HTTPServerEvent]>([])
        socketEvents = events
        server =
            transport == .live
            ? try HTTPServer(configuration: configuration, handler: handler) { event in
                events.withLock { $0.append(event) }
            } : nil
        metrics.observe(heldBodyBytes: { [weak server] in server?.heldBodyBytes ?? 0 })
        metrics.observe(openConnections: { [weak server] in server?.openConnections ?? 0 })
        caller = Caller(handler: handler, port: try server?.start().port)
    }

    /// Cuts connections and ends the engine's thread.
    func stop() {
        teacher.open()
        server?.stop()
        service.queue.shutDown()
    }

    static func model(
        _ name: String, _ engine: FakeEngine, weights: String? = nil, precision: String = "f32"
    ) -> LoadedModel {
        LoadedModel(
            name: name, engine: engine, family: "fake", parameterCount: 1, vocabularySize: FakeEngine.vocabularySize,
            contextLength: 64, modelFingerprint: SHA256Hasher.digest(Array(("model " + (weights ?? name)).utf8)),
            precision: precision,
            parameterBytes: 1000, scratchBytes: 100)
    }
}

/// Runs blocking test code against a service on a thread of its own.
func withService<Value: Sendable>(
    _ transport: Transport, _ setup: TestService.Setup = .init(),
    _ body: @escaping @Sendable (TestService) throws -> Value
) async throws -> Value {
    try await onThread {
        let service = try TestService(transport, setup)
        defer { service.stop() }
        return try body(service)
    }
}

/// Lines that were logged, as message and metadata.
final class CapturedLog: Sendable {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: [String: String]
    }

    private let captured = Locked<[Line]>([])

    var lines: [Line] { captured.withLock { $0 } }
    var handler: any LogHandler { Handler(log: self) }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        init(log: CapturedLog) { self.log = log }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = (event.metadata ?? [:]).mapValues(\.description)
            log.captured.withLock {
                $0.append(Line(level: event.level, message: event.message.description, metadata: metadata))
            }
        }
    }
}

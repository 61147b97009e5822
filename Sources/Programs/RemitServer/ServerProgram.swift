import CommandLines
import Foundation
import HTTPSockets
import LocalEngines
import Logging
import RemoteEngines
import ScoreStores
import Scoring
import ScoringServer
import System
import Tensors
import Transformers

/// The composition root: makes every part once, listens, loads, serves, drains.
struct ServerProgram {
    private enum Event {
        case loaded(LoadedModels)
        case failed(any Error)
        case signal(Int32)
    }

    private let configuration: ServerConfiguration
    private let keyFile: String?
    private let logger: Logger
    private let service: ScoringService
    private let server: HTTPServer
    private let store: ScoreStore?
    private let loader: EngineLoader
    private let teachers: CheckpointTeachers

    init(
        _ configuration: ServerConfiguration, keyFile: String?, logger: Logger,
        lostLogLines: @escaping @Sendable () -> Int
    ) throws {
        let metrics = ServerMetrics(registry: MetricsRegistry(), version: ProgramVersion.current)
        let limits = configuration.limits
        let store = try configuration.store.map { try StoreObservation.open($0, metrics.registry, logger) }
        let queue = try ScoreQueue(
            .init(
                maxBatchTokens: limits.maxBatchTokens, maxQueuedTokens: limits.maxQueuedTokens,
                cacheTokens: limits.cacheTokens),
            store: store
        ) { report in
            metrics.count(report)
            for failure in report.failures { logger.error("engine failed", metadata: ["error": "\(failure)"]) }
        }
        loader = try EngineLoader(configuration, logger)
        let remote = RemoteTeachers(
            keeping: try configuration.engineState.map { try EngineStateDirectory($0) }, limits: limits, logger: logger,
            metrics: EngineMetrics(metrics.registry))
        teachers = CheckpointTeachers(
            loader: loader, remote: remote, limits: limits, queue: queue, directory: configuration.modelsDirectory,
            ignoredConfigFields: configuration.options.compute.ignoredConfigFields,
            engines: configuration.options.engines, logger: logger)
        service = ScoringService(
            version: ProgramVersion.current, limits: limits, threads: configuration.workers.threads, queue: queue,
            keys: configuration.apiKeys,
            administration: TeacherAdministration(
                loader: configuration.modelsDirectory == nil ? nil : teachers,
                isOpen: configuration.options.adminWithoutKey),
            pages: configuration.pages, hasPage: !configuration.options.noPage,
            hasDialects: !configuration.options.noDialects, settings: configuration.settings,
            metrics: metrics, logger: logger)
        server = try HTTPServer(configuration: configuration.http, handler: ServiceHandler(service)) { event in
            metrics.count(event, logger)
        }
        metrics.observe(lostLogLines: lostLogLines)
        metrics.observe(heldBodyBytes: { [weak server] in server?.heldBodyBytes ?? 0 })
        metrics.observe(openConnections: { [weak server] in server?.openConnections ?? 0 })
        self.configuration = configuration
        self.keyFile = keyFile
        self.logger = logger
        self.store = store
    }

    /// Serves until a signal; returns the program's exit status.
    func run() throws -> Int32 {
        let files = try ServedModels(configuration.options)
        try loader.checkMemory(for: [files.teacher, files.base].compactMap { $0?.checkpoint })
        // Whatever happens, what was scored is written before the program ends.
        defer { store?.close() }
        let events = EventQueue<Event>()
        try SignalThread.start(onStop: { events.send(.signal($0)) }, onHangUp: reloadKeys)
        try listen()
        try load(files, into: events)
        while true {
            switch events.next() {
            case .loaded(let models):
                service.becomeReady(models)
                logger.info(
                    "ready", metadata: ["teacher": "\(models.teacher.name)", "base": "\(models.base?.name ?? "none")"])
            case .failed(let error):
                logger.critical("cannot load the models", metadata: ["error": "\(error)"])
                server.stop()
                return 1
            case .signal(let number):
                return drain(number)
            }
        }
    }

    private func listen() throws {
        let (host, port) = try server.start()
        service.isListening(onPort: port)
        if let portFile = configuration.options.portFile?.path {
            try Directory.create(URL(fileURLWithPath: portFile).deletingLastPathComponent().path)
            try AtomicFile.write(portFile, contents: Array("\(port)\n".utf8))
        }
        let shownHost = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        logger.info(
            "listening on http://\(shownHost):\(port)",
            metadata: ["version": "\(ProgramVersion.current)", "keys": "\(configuration.apiKeys?.count ?? 0)"])
        if let warning = keyFile.flatMap(KeyFile.warning) { logger.warning("\(warning)") }
        let core = OpenBLASCore.inUse(environment: ProcessInfo.processInfo.environment)
        logger.info(
            "kernels",
            metadata: [
                "path": "\(configuration.workers.path)", "cpu": "\(cpuFeatures().joined(separator: " "))",
                "openblas": "\(core.name)", "openblas_version": "\(core.version ?? "unknown")",
                "threads": "\(configuration.workers.threads)",
                "precision": "\(configuration.options.precision.rawValue)",
            ])
        if let warning = core.warning { logger.warning("\(warning)") }
    }

    /// On a thread of its own, so that a signal ends the program while it loads.
    private func load(_ files: ServedModels, into events: EventQueue<Event>) throws {
        try DetachedThread.start("remit-loader", stackBytes: 8 << 20) { [teachers, name = configuration.name] in
            do {
                events.send(.loaded(try teachers.loadFirst(files, name: name)))
            } catch {
                events.send(.failed(error))
            }
        }
    }

    private func drain(_ signal: Int32) -> Int32 {
        logger.info(
            "draining", metadata: ["signal": "\(signal)", "seconds": "\(configuration.drainTimeout / .seconds(1))"])
        service.beginDrain()
        // Until the last request is answered the socket listens on, so that new ones get 503 and /ready says why.
        let deadline = ContinuousClock.now + configuration.drainTimeout
        let isIdle = service.waitUntilIdle(timeout: configuration.drainTimeout)
        let isDone = server.drain(timeout: max(deadline - .now, .seconds(1))) && isIdle
        // The engine's thread hands its last batch to the store. One that nobody waits for any more is not waited for.
        if isDone { service.queue.shutDown() } else { service.queue.settle() }
        if isDone {
            logger.info("stopped")
        } else {
            logger.warning("stopped with requests still running: their connections were cut")
        }
        return isDone ? 0 : 1
    }

    private func reloadKeys() {
        guard let keyFile else { return }
        do {
            let keys = try KeyFile.read(keyFile)
            service.replace(keys: keys)
            if let warning = KeyFile.warning(keyFile) { logger.warning("\(warning)") }
            logger.info("keys read again", metadata: ["keys": "\(keys.count)"])
        } catch {
            logger.error("keys not read again: the old ones stay", metadata: ["error": "\(error)"])
        }
    }
}

extension EngineLoader {
    /// As `serve` is configured.
    ///
    /// - Throws: `MemoryBudget.Exceeded` where not even the log-probs of a full cache and a full queue fit into the memory.
    fileprivate convenience init(_ configuration: ServerConfiguration, _ logger: Logger) throws {
        let budget = MemoryBudget(limit: configuration.maxMemory)
        try budget.hold(configuration.limits.keptScoresBytes)
        self.init(
            precision: configuration.options.precision,
            workers: WorkerPool(threads: configuration.workers.threads, path: configuration.workers.path),
            maxBatchTokens: configuration.limits.maxBatchTokens,
            maxSegmentTokens: configuration.limits.maxSequenceTokens, budget: budget,
            packed: configuration.options.packing.cache { logger.notice("\($0)") })
    }
}

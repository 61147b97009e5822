import RemoteEngines
import ScoringServer
import System

/// What engines elsewhere do, by URL. All names are there from the start, also where this process computes everything.
final class EngineMetrics: Sendable {
    private struct Held: Sendable {
        weak let engine: RemoteEngine?
    }

    private static let labels = ["url", "engine"]

    private let requests: Counter
    private let retries: Counter
    private let durations: Histogram
    private let tokens: Counter
    private let checks: Counter
    private let engines = Locked<[Held]>([])

    init(_ registry: MetricsRegistry) {
        requests = registry.counter(
            "remit_engine_requests_total",
            "Requests to engines: answered, busy (429, 503), failed (no answer, 5xx), refused (4xx), wrong, aborted.",
            labels: Self.labels + ["outcome"])
        retries = registry.counter(
            "remit_engine_retries_total", "Segments asked for again after an engine was busy or failed.",
            labels: Self.labels)
        durations = registry.histogram(
            "remit_engine_request_duration_seconds", "How long an engine took for a segment.", labels: Self.labels,
            buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300])
        tokens = registry.counter(
            "remit_engine_tokens_total", "Tokens of segments that an engine scored.", labels: Self.labels)
        checks = registry.counter(
            "remit_engine_checks_total", "Looks at an engine's canaries: same, changed, failed.",
            labels: Self.labels + ["result"])
        gauge(registry, "remit_engine_window", "Requests that an engine is given at a time.") { Double($1.window) }
        gauge(registry, "remit_engine_requests_in_flight", "Requests that run at an engine.") { Double($1.running) }
        gauge(registry, "remit_engine_up", "Whether an engine is asked: 1 or 0.") { $1.isUp ? 1 : 0 }
        gauge(
            registry, "remit_engine_noise_nats",
            "Largest difference of a canary's log-prob between alone and under load, at first contact."
        ) { engine, _ in Double(engine.canaries?.largestNoise ?? 0) }
    }

    /// Shows an engine's gauges for as long as it lives.
    func observe(_ engine: RemoteEngine) {
        engines.withLock { engines in
            engines = engines.filter { $0.engine != nil }
            engines.append(Held(engine: engine))
        }
    }

    func count(_ event: EngineEvent, at address: EngineAddress) {
        let (url, kind) = (address.url, address.kind.rawValue)
        switch event {
        case .request(let outcome, let scored, let duration, _):
            requests.increment(url, kind, outcome.rawValue)
            guard outcome == .answered else { return }
            durations.observe(duration / .seconds(1), url, kind)
            tokens.increment(by: Double(scored), url, kind)
        case .retry: retries.increment(url, kind)
        case .check(let result, _): checks.increment(url, kind, result.rawValue)
        }
    }

    private func gauge(
        _ registry: MetricsRegistry, _ name: String, _ help: String,
        _ value: @escaping @Sendable (RemoteEngine, ReplicaStatus) -> Double
    ) {
        registry.gauge(name, help, labels: Self.labels) { [weak self] in
            let engines = self?.engines.withLock { $0.compactMap(\.engine) } ?? []
            var values: [[String]: Double] = [:]
            // Two names of one engine: one series.
            for engine in engines {
                for replica in engine.replicas {
                    values[[replica.address.url, replica.address.kind.rawValue]] = value(engine, replica)
                }
            }
            return values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
        }
    }
}

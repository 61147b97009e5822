import Scoring
import ScoringAPI

/// Every metric of the service, by name. The dashboard and the alerts in docker/ use these names; a test compares them.
package struct ServerMetrics: Sendable {
    /// The registry of all these metrics; others may be added to it.
    package let registry: MetricsRegistry
    private let requests: Counter
    private let keyRequests: Counter
    private let keyTokens: Counter
    private let durations: Histogram
    private let queueTimes: Histogram
    private let tokenizationTimes: Histogram
    private let inferenceTimes: Histogram
    private let batchTimes: Histogram
    private let batchTokens: Histogram
    private let tokens: Counter
    private let prefixTokens: Counter
    private let engineFailures: Counter
    private let weights: Counter
    private let connections: Counter

    /// Registers the service's own metrics and the process's; a registry refuses a name that it has, so it takes one of these.
    package init(registry: MetricsRegistry, version: String) {
        self.registry = registry
        requests = registry.counter(
            "remit_http_requests_total", "Requests answered, by route and status.", labels: ["route", "status"])
        keyRequests = registry.counter(
            "remit_key_requests_total", "Requests answered, by the name of the API key.", labels: ["key", "status"])
        keyTokens = registry.counter(
            "remit_key_tokens_total", "Tokens answered for, by the name of the API key.", labels: ["key"])
        durations = registry.histogram(
            "remit_http_request_duration_seconds", "From the last byte of a request to its answer.",
            labels: ["route"], buckets: Histogram.durationBuckets)
        queueTimes = registry.histogram(
            "remit_queue_duration_seconds", "How long scored requests waited for the engine.",
            buckets: Histogram.durationBuckets)
        tokenizationTimes = registry.histogram(
            "remit_tokenization_duration_seconds", "How long the texts of a request took to tokenize.",
            buckets: Histogram.shortDurationBuckets)
        inferenceTimes = registry.histogram(
            "remit_inference_duration_seconds", "From a request's first batch to its last.",
            buckets: Histogram.durationBuckets)
        batchTimes = registry.histogram(
            "remit_batch_duration_seconds", "How long the engine took for a batch.", buckets: Histogram.durationBuckets)
        batchTokens = registry.histogram(
            "remit_batch_tokens", "Tokens in a batch, shared ones for each of its segments.",
            buckets: [16, 64, 256, 1024, 4096, 16384, 65536])
        tokens = registry.counter(
            "remit_tokens_total", "Tokens asked for: computed, cached, stored, shared with another request.",
            labels: ["source"])
        prefixTokens = registry.counter(
            "remit_prefix_tokens_total",
            "Tokens of batches that were computed once for several segments, at whose beginnings they stand.")
        engineFailures = registry.counter("remit_engine_failures_total", "Segments that the engine could not score.")
        weights = registry.counter(
            "remit_weights_total", "Weights given: clipped_low, clipped_high, unclipped.", labels: ["kind"])
        connections = registry.counter(
            "remit_connection_errors_total", "Connections that ended badly, and how.", labels: ["kind"]
        )
        registry.gauge("remit_build_info", "The program that runs; always 1.", labels: ["version"]) {
            [([version], 1)]
        }
        ProcessMetrics().register(in: registry)
    }

    /// Adds gauges of the queue and its cache, read at each scrape. Once a registry.
    package func observe(queue: ScoreQueue) {
        registry.gauge("remit_queue_tokens", "Tokens waiting or running; with top_k each counts 1 + top_k times.") {
            [([], Double(queue.queuedTokens))]
        }
        registry.gauge("remit_queue_requests", "Requests waiting.") { [([], Double(queue.waitingRequests))] }
        registry.gauge("remit_queue_limit_tokens", "Most tokens that may wait or run.") {
            [([], Double(queue.maxQueuedTokens))]
        }
        registry.gauge("remit_cache_tokens", "Tokens whose log-probs are kept in memory.") {
            [([], Double(queue.cachedTokens))]
        }
    }

    /// Adds a gauge of the memory that request bodies hold, in bytes, read at each scrape. Once a registry.
    package func observe(heldBodyBytes: @escaping @Sendable () -> Int) {
        registry.gauge("remit_body_bytes", "Memory claimed for request bodies that arrive or are being answered.") {
            [([], Double(heldBodyBytes()))]
        }
    }

    /// Adds a gauge of the open connections, read at each scrape. Once a registry.
    package func observe(openConnections: @escaping @Sendable () -> Int) {
        registry.gauge("remit_connections", "Open connections.") { [([], Double(openConnections()))] }
    }

    /// Adds the total of lines of log that could not be written, read at each scrape. Once a registry.
    package func observe(lostLogLines: @escaping @Sendable () -> Int) {
        registry.gauge(
            "remit_log_lost_lines_total", "Lines of log that could not be written, or waited for a reader that stalls.",
            kind: "counter"
        ) { [([], Double(lostLogLines()))] }
    }

    func observe(teachers: @escaping @Sendable () -> [TeacherStatus]) {
        registry.gauge("remit_teachers", "Teachers by state: loading, ready, failed.", labels: ["state"]) {
            let states = teachers().map(\.state)
            return TeacherStatus.State.allCases.map { state in
                ([state.rawValue], Double(states.count { $0 == state }))
            }
        }
    }

    /// 1 while requests for the models are taken, 0 while loading and draining.
    func observe(isReady: @escaping @Sendable () -> Bool) {
        registry.gauge("remit_ready", "1 while requests are taken, 0 while loading and draining.") {
            [([], isReady() ? 1 : 0)]
        }
    }

    /// Labels come from the route table and the key file, never from the request.
    func count(_ record: RequestRecord, status: Int, elapsed: Duration) {
        requests.increment(record.route, String(status))
        durations.observe(elapsed / .seconds(1), record.route)
        guard let name = record.keyName else { return }
        keyRequests.increment(name, String(status))
        if let outcome = record.outcome { keyTokens.increment(by: Double(outcome.totalTokens), name) }
    }

    /// A request that never became one.
    func countProtocolError(status: Int) { requests.increment("none", String(status)) }

    func count(_ outcome: ScoringOutcome) {
        queueTimes.observe(outcome.queueTime / .seconds(1))
        inferenceTimes.observe(outcome.inferenceTime / .seconds(1))
        tokens.increment(by: Double(outcome.computedTokens), "computed")
        tokens.increment(by: Double(outcome.cachedTokens), "cached")
        tokens.increment(by: Double(outcome.storedTokens), "stored")
        tokens.increment(by: Double(outcome.sharedTokens), "shared")
    }

    func countTokenization(_ time: Duration) { tokenizationTimes.observe(time / .seconds(1)) }

    func countWeights(scored: Int, clippedLow: Int, clippedHigh: Int) {
        weights.increment(by: Double(clippedLow), "clipped_low")
        weights.increment(by: Double(clippedHigh), "clipped_high")
        weights.increment(by: Double(scored - clippedLow - clippedHigh), "unclipped")
    }

    /// Counts one batch of the engine's: its time, its tokens, those that were shared, and the segments that failed.
    package func count(_ report: BatchReport) {
        batchTimes.observe(report.duration / .seconds(1))
        batchTokens.observe(Double(report.tokens))
        if report.prefixTokens > 0 { prefixTokens.increment(by: Double(report.prefixTokens)) }
        if !report.failures.isEmpty { engineFailures.increment(by: Double(report.failures.count)) }
    }

    /// Counts a connection that ended badly. `kind` comes from a fixed table of the caller's, never from the client.
    package func countConnectionError(_ kind: String) { connections.increment(kind) }
}

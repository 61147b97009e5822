import Digests
import Logging
import ScoreStores
import Scoring
import ScoringServer
import Sequences

/// Opens the store of a server, with its events in the log and its counters in the metrics.
enum StoreObservation {
    static func open(
        _ configuration: ScoreStoreConfiguration, _ registry: MetricsRegistry, _ logger: Logger
    ) throws -> ScoreStore {
        let store = try ScoreStore(configuration, onEvent: { log($0, logger) })
        register(store, registry)
        logger.info(
            "store opened",
            metadata: [
                "directory": "\(configuration.directory)", "max_bytes": "\(configuration.maxBytes)",
                "bytes": "\(store.counters.liveBytes)",
            ])
        return store
    }

    private static func log(_ event: ScoreStoreEvent, _ logger: Logger) {
        switch event {
        case .writingStopped(let reason):
            logger.error("store: writing stopped, tried again until it succeeds", metadata: ["error": "\(reason)"])
        case .writingResumed: logger.info("store: writing again")
        case .turnedOff(let reason):
            logger.critical("store: damaged, not used any more", metadata: ["error": "\(reason)"])
        case .readFailed(let reason):
            logger.error("store: read failed, scoring instead", metadata: ["error": "\(reason)"])
        case .corruptRow(let key):
            logger.warning(
                "store: wrong checksum, scoring instead",
                metadata: [
                    "scores_fingerprint": "\(key.scoresFingerprint.hex)", "segment": "\(key.segment.hex)",
                ])
        case .evicted(let segments, let bytes):
            logger.info(
                "store: least recently used removed", metadata: ["segments": "\(segments)", "bytes": "\(bytes)"])
        }
    }

    private static func register(_ store: ScoreStore, _ registry: MetricsRegistry) {
        func counter(_ name: String, _ help: String, _ value: @escaping @Sendable (ScoreStoreCounters) -> Int) {
            registry.gauge("remit_store_\(name)_total", help, kind: "counter") { [([], Double(value(store.counters)))] }
        }
        registry.gauge(
            "remit_store_lookups_total", "Segments looked up in the store: hit, miss.", labels: ["result"],
            kind: "counter"
        ) {
            let counters = store.counters
            return [(["hit"], Double(counters.hits)), (["miss"], Double(counters.misses))]
        }
        counter("hit_tokens", "Tokens whose log-probs the store gave.") { $0.hitTokens }
        counter("corrupt_segments", "Stored segments whose checksum was wrong; they count as misses.") {
            $0.corruptRows
        }
        counter("failed_reads", "Look-ups that failed; they count as neither hit nor miss.") { $0.failedReads }
        counter("written_segments", "Segments written to the store.") { $0.writtenSegments }
        counter("written_tokens", "Tokens whose log-probs were written to the store.") { $0.writtenTokens }
        counter("dropped_segments", "Segments that were scored and could not be stored.") { $0.droppedSegments }
        counter("evicted_segments", "Segments removed to keep the store's size.") { $0.evictedSegments }
        counter("failed_transactions", "Transactions that failed and are tried again.") { $0.failedTransactions }
        registry.gauge(
            "remit_store_bytes", "Live data in the store as of its last transaction; all servers' that share it."
        ) {
            [([], Double(store.counters.liveBytes))]
        }
        registry.gauge("remit_store_queued_bytes", "Log-probs that wait for the store's writer.") {
            [([], Double(store.counters.queuedBytes))]
        }
        registry.gauge(
            "remit_store_available", "Whether the store is used: 1 or 0, for read and for write.", labels: ["direction"]
        ) {
            let counters = store.counters
            return [(["read"], counters.isReading ? 1 : 0), (["write"], counters.isWriting ? 1 : 0)]
        }
    }
}

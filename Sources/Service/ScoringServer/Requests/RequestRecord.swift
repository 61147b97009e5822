import HTTPSockets
import Logging
import Scoring

/// What is known of one request while it is answered, and what the log says of it at the end.
struct RequestRecord: Sendable {
    let id: RequestID
    let trace: TraceContext?
    let route: String
    let method: String
    let peer: String
    /// When the last byte of the request had come; until then, when its head had.
    var received = ContinuousClock.now
    var keyName: String?
    /// Of a page of another origin that may ask.
    var allowedOrigin: String?
    var outcome: ScoringOutcome?
    var problem: String?
    var internals: String?

    private static let quietRoutes: Set<String> = ["health", "ready", "metrics", "page"]

    init(head: HTTPRequestHead, peer: String, route: String) {
        id = RequestID(presented: head.headers["X-Request-Id"])
        trace = TraceContext(head.headers)
        method = head.method
        self.peer = peer
        self.route = route
    }

    var level: Logger.Level {
        if internals != nil { return .error }
        return Self.quietRoutes.contains(route) ? .debug : .info
    }

    /// The fields that every answer has, and what scoring took where that is known before it begins.
    var fields: HTTPFields {
        var fields: HTTPFields = [
            "X-Request-Id": id.description, "X-Total-Time": (ContinuousClock.now - received).inMilliseconds,
        ]
        if let trace { fields["traceparent"] = trace.traceparent }
        if let allowedOrigin {
            fields["Access-Control-Allow-Origin"] = allowedOrigin
            fields["Vary"] = "Origin"
        }
        if let outcome {
            fields["X-Queue-Time"] = outcome.queueTime.inMilliseconds
            fields["X-Inference-Time"] = outcome.inferenceTime.inMilliseconds
            fields["X-Scored-Tokens"] = "\(outcome.computedTokens)"
            fields["X-Cached-Tokens"] = "\(outcome.cachedTokens)"
            fields["X-Stored-Tokens"] = "\(outcome.storedTokens)"
        }
        return fields
    }

    func metadata(status: Int, elapsed: Duration) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "id": "\(id)", "method": "\(method)", "route": "\(route)", "status": "\(status)", "peer": "\(peer)",
            "ms": "\(elapsed.inMilliseconds)",
        ]
        if let trace {
            metadata["trace_id"] = "\(trace.traceID)"
            metadata["span_id"] = "\(trace.spanID)"
            metadata["parent_span_id"] = "\(trace.parentID)"
        }
        if let outcome {
            metadata["tokens"] = "\(outcome.computedTokens)"
            metadata["cached"] = "\(outcome.totalTokens - outcome.computedTokens)"
            metadata["queue_ms"] = "\(outcome.queueTime.inMilliseconds)"
        }
        if let keyName { metadata["key"] = "\(keyName)" }
        if let problem { metadata["problem"] = "\(problem)" }
        if let internals { metadata["error"] = "\(internals)" }
        return metadata
    }
}

extension Duration {
    /// With three decimals, whatever the locale; a time that has passed is never negative.
    var inMilliseconds: String {
        let microseconds = max(0, Int((self / .microseconds(1)).rounded()))
        let fraction = String(microseconds % 1000)
        return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}

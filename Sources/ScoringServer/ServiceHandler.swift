import Foundation
import HTTPSockets
import Logging
import Scoring
import ScoringAPI

/// The service as the socket layer sees it: finds the route, checks the key, runs the controller, turns what it throws into
/// a problem, and writes one line of log for each request.
package struct ServiceHandler: HTTPHandler {
    private let service: ScoringService
    private let table: RouteTable
    /// A GET has no use for a body; a short one is read and forgotten.
    private static let maxIgnoredBodyBytes = 4096

    package init(_ service: ScoringService) {
        self.service = service
        table = RouteTable(service)
    }

    /// What can be refused without the body is refused here.
    package func decide(_ head: HTTPRequestHead, connection: ConnectionMonitor) -> BodyDecision {
        do {
            let (route, _) = try admit(head)
            guard !route.takes.isEmpty else { return .accept(maxBytes: Self.maxIgnoredBodyBytes) }
            let maxBytes = service.limits.maxBodyBytes
            if case .length(let length) = head.framing, length > maxBytes {
                throw ServiceError.bodyTooLarge(limit: maxBytes, actual: length)
            }
            return .accept(maxBytes: maxBytes)
        } catch {
            let record = RequestRecord(head: head, peer: connection.peer, route: label(head))
            return .answer(refuse(error, record))
        }
    }

    package func respond(to request: HTTPRequest) -> HTTPResponse {
        service.running.enter()
        defer { service.running.leave() }
        var record = RequestRecord(head: request.head, peer: request.connection.peer, route: label(request.head))
        do {
            let (route, keyName) = try admit(request.head)
            record.keyName = keyName
            let answer = try route.respond(
                ServiceRequest(
                    id: record.id, http: request, route: route, keyName: keyName, received: record.received))
            record.outcome = answer.outcome
            let fields: HTTPFields = ["Content-Type": answer.contentType]
            return finish(HTTPResponse(status: 200, fields: fields, body: answer.body), record)
        } catch {
            return refuse(error, record)
        }
    }

    package func protocolError(_ error: HTTPProtocolError) -> HTTPResponse {
        var answer = ProblemAnswer(error)
        let id = RequestID(presented: nil)
        answer.problem.instance = id.description
        service.metrics.countRequest(route: "none", status: answer.problem.status, seconds: 0)
        // The socket layer's event tells the operator of it, with the peer.
        service.logger.debug(
            "request refused", metadata: ["id": "\(id)", "status": "\(answer.problem.status)", "error": "\(error)"])
        return response(answer, id)
    }

    /// The route and the name of the key, or the error to answer with.
    private func admit(_ head: HTTPRequestHead) throws -> (Route, keyName: String?) {
        let route: Route
        do {
            route = try table.route(method: head.method, path: head.path)
        } catch {
            // Without a key nobody learns which routes there are.
            _ = try service.authenticate(head.headers["Authorization"])
            throw error
        }
        let keyName = route.needsKey ? try service.authenticate(head.headers["Authorization"]) : nil
        _ = try ContentNegotiation.answerType(of: head, for: route)
        if route.needsModels { _ = try service.models() }
        return (route, keyName)
    }

    private func label(_ head: HTTPRequestHead) -> String {
        (try? table.route(method: head.method, path: head.path).label) ?? "none"
    }

    private func refuse(_ error: any Error, _ record: RequestRecord) -> HTTPResponse {
        var answer = ProblemAnswer(error)
        answer.problem.instance = record.id.description
        var record = record
        record.problem = answer.problem.kind?.rawValue
        record.internals = answer.internals
        return finish(response(answer, record.id), record)
    }

    private func response(_ answer: ProblemAnswer, _ id: RequestID) -> HTTPResponse {
        var fields = answer.fields
        fields["Content-Type"] = MediaType.problem.rawValue
        fields["X-Request-Id"] = id.description
        return HTTPResponse(status: answer.problem.status, fields: fields, body: answer.problem.json())
    }

    /// Timing fields, metrics, and the line in the log.
    private func finish(_ response: HTTPResponse, _ record: RequestRecord) -> HTTPResponse {
        var response = response
        let elapsed = ContinuousClock.now - record.received
        response.fields["X-Request-Id"] = record.id.description
        response.fields["X-Total-Time"] = elapsed.inMilliseconds
        if let outcome = record.outcome {
            response.fields["X-Queue-Time"] = outcome.queueTime.inMilliseconds
            response.fields["X-Inference-Time"] = outcome.inferenceTime.inMilliseconds
            response.fields["X-Scored-Tokens"] = "\(outcome.computedTokens)"
        }
        service.metrics.countRequest(
            route: record.route, status: response.status, seconds: elapsed / .seconds(1))
        service.logger.log(
            level: record.level(status: response.status), "request",
            metadata: record.metadata(status: response.status, elapsed: elapsed))
        return response
    }
}

/// What the log says of one request.
private struct RequestRecord {
    let id: RequestID
    let route: String
    let method: String
    let peer: String
    let received = ContinuousClock.now
    var keyName: String?
    var outcome: ScoringOutcome?
    var problem: String?
    var internals: String?

    private static let quietRoutes: Set<String> = ["health", "ready", "metrics"]

    init(head: HTTPRequestHead, peer: String, route: String) {
        id = RequestID(presented: head.headers["X-Request-Id"])
        method = head.method
        self.peer = peer
        self.route = route
    }

    func level(status: Int) -> Logger.Level {
        if internals != nil { return .error }
        return Self.quietRoutes.contains(route) ? .debug : .info
    }

    func metadata(status: Int, elapsed: Duration) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "id": "\(id)", "method": "\(method)", "route": "\(route)", "status": "\(status)", "peer": "\(peer)",
            "ms": "\(elapsed.inMilliseconds)",
        ]
        if let outcome {
            metadata["tokens"] = "\(outcome.computedTokens)"
            metadata["cached"] = "\(outcome.cachedTokens + outcome.storedTokens + outcome.sharedTokens)"
            metadata["queue_ms"] = "\(outcome.queueTime.inMilliseconds)"
        }
        if let keyName { metadata["key"] = "\(keyName)" }
        if let problem { metadata["problem"] = "\(problem)" }
        if let internals { metadata["error"] = "\(internals)" }
        return metadata
    }
}

extension Duration {
    /// With three decimals, whatever the locale.
    fileprivate var inMilliseconds: String {
        let microseconds = Int((self / .microseconds(1)).rounded())
        let fraction = String(microseconds % 1000)
        return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}

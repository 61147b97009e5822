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
            let (route, key) = try admit(request.head)
            record.keyName = key?.name
            let expanded =
                route.takes.isEmpty
                ? request
                : try service.permits.run {
                    try ContentCoding.expanded(request, maxBytes: service.limits.maxBodyBytes)
                }
            let answer = try route.respond(
                ServiceRequest(id: record.id, http: expanded, route: route, key: key, received: record.received))
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
        service.metrics.countProtocolError(status: answer.problem.status)
        // The socket layer's event tells the operator of it, with the peer.
        service.logger.debug(
            "request refused", metadata: ["id": "\(id)", "status": "\(answer.problem.status)", "error": "\(error)"])
        var response = response(answer)
        response.fields["X-Request-Id"] = id.description
        return response
    }

    /// The route and whose key it is, or the error to answer with.
    private func admit(_ head: HTTPRequestHead) throws -> (Route, key: APIKeyIdentity?) {
        let route: Route
        do {
            route = try table.route(method: head.method, path: head.path)
        } catch {
            // Without a key nobody learns which routes there are.
            _ = try service.authenticate(head.headers["Authorization"])
            throw error
        }
        let key = route.needsKey ? try service.authenticate(head.headers["Authorization"]) : nil
        _ = try ContentNegotiation.answerType(of: head, for: route)
        if !route.takes.isEmpty { _ = try ContentCoding.format(of: head) }
        if route.needsModels { _ = try service.models() }
        return (route, key)
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
        return finish(response(answer), record)
    }

    private func response(_ answer: ProblemAnswer) -> HTTPResponse {
        var fields = answer.fields
        fields["Content-Type"] = MediaType.problem.rawValue
        return HTTPResponse(status: answer.problem.status, fields: fields, body: answer.problem.json())
    }

    /// Timing fields, metrics, and the line in the log.
    private func finish(_ response: HTTPResponse, _ record: RequestRecord) -> HTTPResponse {
        var response = response
        let elapsed = ContinuousClock.now - record.received
        for field in record.fields.all { response.fields[field.name] = field.value }
        response.fields["X-Total-Time"] = elapsed.inMilliseconds
        if let outcome = record.outcome {
            response.fields["X-Queue-Time"] = outcome.queueTime.inMilliseconds
            response.fields["X-Inference-Time"] = outcome.inferenceTime.inMilliseconds
            response.fields["X-Scored-Tokens"] = "\(outcome.computedTokens)"
        }
        service.metrics.count(record, status: response.status, elapsed: elapsed)
        service.logger.log(
            level: record.level, "request", metadata: record.metadata(status: response.status, elapsed: elapsed))
        return response
    }
}

import Dispatch
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

    /// A handler of the routes in `RouteTable`, all of which share `service`.
    package init(_ service: ScoringService) {
        self.service = service
        table = RouteTable(service)
    }

    /// Refuses what can be refused without the body: an unknown route, a missing key, a body too large, a server that is not ready.
    /// What the head decides is decided here; the body, once it is there, finds route, key and forms as they were.
    package func decide(_ head: HTTPRequestHead, connection: ConnectionMonitor) -> BodyDecision {
        let found = Result { () throws(ServiceError) in try table.route(method: head.method, path: head.path) }
        let route = try? found.get()
        var record = RequestRecord(head: head, peer: connection.peer, route: route?.label ?? "none")
        do {
            record.allowedOrigin = try service.pages.origin(of: head)
            if let answer = Self.optionsAnswer(head, record) { return .answer(finish(answer, record)) }
            let admission = try Admission(head, to: found, service)
            let maxBytes = admission.route.takes.isEmpty ? Self.maxIgnoredBodyBytes : service.limits.maxBodyBytes
            record.keyName = admission.key?.name
            return .accept(
                maxBytes: maxBytes, failing: { [record] in refuse($0, record, admission.route.failure) },
                then: { [record] in respond(to: $0, admission, record) })
        } catch {
            return .answer(refuse(error, record, route?.failure ?? FailureBody.problem))
        }
    }

    /// Undoes the Content-Encoding and runs the controller. Whatever is thrown becomes a problem; it is counted and logged once, a
    /// streamed answer when it has ended.
    private func respond(to request: HTTPRequest, _ admission: Admission, _ record: RequestRecord) -> HTTPResponse {
        let running = RunningRequest(service.running)
        defer { withExtendedLifetime(running) {} }
        var record = record
        record.received = .now
        let deadline = admission.deadline(record.received, limit: service.limits.requestTimeout)
        do {
            let expanded =
                try admission.coding.map { coding in
                    try service.working(until: deadline, for: request.connection) {
                        try ContentCoding.expanded(request, coding, maxBytes: service.limits.maxBodyBytes)
                    }
                } ?? request
            let answer = try admission.route.respond(
                ServiceRequest(
                    id: record.id, http: expanded, admission: admission, received: record.received, deadline: deadline))
            record.outcome = answer.outcome
            var fields = answer.fields
            fields["Content-Type"] = answer.contentType
            switch answer.body {
            case .bytes(let bytes):
                return finish(HTTPResponse(status: answer.status, fields: fields, body: bytes), record)
            case .pieces(let write, let failure):
                let stream = AnswerStream(write: write, failure: failure, record: record, running: running)
                let response = HTTPResponse(
                    status: 200, fields: fields, body: .stream { writer in try send(stream, to: writer) })
                return timed(response, record)
            }
        } catch {
            return refuse(error, record, admission.route.failure)
        }
    }

    /// What OPTIONS is answered with: of the server as a whole, and of a route to a page that asks before it asks.
    private static func optionsAnswer(_ head: HTTPRequestHead, _ record: RequestRecord) -> HTTPResponse? {
        guard head.method == "OPTIONS" else { return nil }
        let methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
        if head.path == "*" { return HTTPResponse(status: 204, fields: ["Allow": methods]) }
        guard record.allowedOrigin != nil, head.headers["Access-Control-Request-Method"] != nil else { return nil }
        return HTTPResponse(
            status: 204,
            fields: [
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers":
                    "Accept, Authorization, Content-Encoding, Content-Type, X-Request-Id, X-Request-Timeout, traceparent",
                "Access-Control-Max-Age": "600",
            ])
    }

    private struct AnswerStream: Sendable {
        let write: @Sendable (_ write: ([UInt8]) throws -> Void) throws -> ScoringOutcome
        let failure: @Sendable (Problem) -> [UInt8]
        let record: RequestRecord
        let running: RunningRequest
    }

    /// Runs while the answer is written. What goes wrong now can have no status any more: the last piece says it, and the body
    /// is cut short.
    private func send(_ stream: AnswerStream, to writer: any BodyWriter) throws {
        defer { withExtendedLifetime(stream) {} }
        var record = stream.record
        do {
            record.outcome = try stream.write { bytes in
                do { try writer.write(bytes) } catch { throw ClientLost(reason: error) }
            }
            report(status: 200, record)
        } catch let lost as ClientLost {
            record.problem = "client-gone"
            report(status: 200, record)
            throw lost.reason
        } catch {
            let answer = problem(error, &record)
            report(status: 200, record)
            try? writer.write(stream.failure(answer.problem))
            throw error
        }
    }

    private struct ClientLost: Error { let reason: any Error }

    /// Makes the problem for bytes that never became a request; an error in the body of one that was admitted is its route's.
    /// They have no route: metrics count them under `none`, and the log has them at debug only, since the socket layer's event tells the
    /// operator.
    package func protocolError(_ error: HTTPProtocolError) -> HTTPResponse {
        var answer = ProblemAnswer(error)
        let id = RequestID(presented: nil)
        answer.problem.instance = id.description
        service.metrics.countProtocolError(status: answer.problem.status)
        // The socket layer's event tells the operator of it, with the peer.
        service.logger.debug(
            "request refused", metadata: ["id": "\(id)", "status": "\(answer.problem.status)", "error": "\(error)"])
        var response = response(answer, FailureBody.problem)
        response.fields["X-Request-Id"] = id.description
        return response
    }

    private func refuse(
        _ error: any Error, _ record: RequestRecord, _ failure: (Problem) -> FailureBody
    ) -> HTTPResponse {
        var record = record
        return finish(response(problem(error, &record), failure), record)
    }

    private func problem(_ error: any Error, _ record: inout RequestRecord) -> ProblemAnswer {
        var answer = ProblemAnswer(error)
        answer.problem.instance = record.id.description
        record.problem = answer.problem.kind?.rawValue
        record.internals = answer.internals
        return answer
    }

    private func response(_ answer: ProblemAnswer, _ failure: (Problem) -> FailureBody) -> HTTPResponse {
        let body = failure(answer.problem)
        var fields = answer.fields
        fields["Content-Type"] = body.mediaType.rawValue
        return HTTPResponse(status: body.status, fields: fields, body: body.bytes)
    }

    private func finish(_ response: HTTPResponse, _ record: RequestRecord) -> HTTPResponse {
        report(status: response.status, record)
        return timed(response, record)
    }

    /// With the fields that every answer has, and the times where they are known.
    private func timed(_ response: HTTPResponse, _ record: RequestRecord) -> HTTPResponse {
        var response = response
        for field in record.fields.all { response.fields[field.name] = field.value }
        return response
    }

    /// Metrics, and the line in the log.
    private func report(status: Int, _ record: RequestRecord) {
        let elapsed = ContinuousClock.now - record.received
        service.metrics.count(record, status: status, elapsed: elapsed)
        service.logger.log(
            level: record.level, "request", metadata: record.metadata(status: status, elapsed: elapsed))
    }
}

/// Counts as a request under way until the last reference to it goes: with the answer, or with the end of its stream.
private final class RunningRequest: Sendable {
    private let group: DispatchGroup

    init(_ group: DispatchGroup) {
        self.group = group
        group.enter()
    }

    deinit { group.leave() }
}

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

    /// Answers a request: checks route and key once more, undoes the Content-Encoding, runs the controller. Whatever is thrown becomes
    /// a problem; it is counted and logged once, a streamed answer when it has ended.
    package func respond(to request: HTTPRequest) -> HTTPResponse {
        let running = RunningRequest(service.running)
        defer { withExtendedLifetime(running) {} }
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
            switch answer.body {
            case .bytes(let bytes):
                return finish(HTTPResponse(status: answer.status, fields: fields, body: bytes), record)
            case .pieces(let write):
                let response = HTTPResponse(
                    status: 200, fields: fields,
                    body: .stream { [record] writer in try stream(write, to: writer, record, running) })
                return timed(response, record)
            }
        } catch {
            return refuse(error, record)
        }
    }

    /// Runs while the answer is written. What goes wrong now can have no status any more: the last line says it, and the body
    /// is cut short.
    private func stream(
        _ write: (_ write: ([UInt8]) throws -> Void) throws -> ScoringOutcome, to writer: any BodyWriter,
        _ record: RequestRecord, _ running: RunningRequest
    ) throws {
        defer { withExtendedLifetime(running) {} }
        var record = record
        do {
            record.outcome = try write { bytes in
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
            try? writer.write(ScoreLine.failure(answer.problem).json())
            throw error
        }
    }

    private struct ClientLost: Error { let reason: any Error }

    /// Makes the problem for bytes that never became a request. They have no route: metrics count them under `none`, and the log has
    /// them at debug only, since the socket layer's event tells the operator.
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
        if route.needsAdmin { try service.authorizeAdmin(key) }
        _ = try ContentNegotiation.answerType(of: head, for: route)
        if !route.takes.isEmpty { _ = try ContentCoding.format(of: head) }
        if route.needsModels { try service.requireReady() }
        return (route, key)
    }

    private func label(_ head: HTTPRequestHead) -> String {
        (try? table.route(method: head.method, path: head.path).label) ?? "none"
    }

    private func refuse(_ error: any Error, _ record: RequestRecord) -> HTTPResponse {
        var record = record
        return finish(response(problem(error, &record)), record)
    }

    private func problem(_ error: any Error, _ record: inout RequestRecord) -> ProblemAnswer {
        var answer = ProblemAnswer(error)
        answer.problem.instance = record.id.description
        record.problem = answer.problem.kind?.rawValue
        record.internals = answer.internals
        return answer
    }

    private func response(_ answer: ProblemAnswer) -> HTTPResponse {
        var fields = answer.fields
        fields["Content-Type"] = MediaType.problem.rawValue
        return HTTPResponse(status: answer.problem.status, fields: fields, body: answer.problem.json())
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

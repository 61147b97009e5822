import Foundation
import ScoringAPI

/// One method on one path, and who answers it.
package struct Route: Sendable {
    /// The HTTP method, in upper case. A HEAD goes where GET goes, so no route has it.
    package let method: String
    /// The path that a request must have; may end with one parameter, as in `/v1/teachers/{name}`.
    package let path: String
    /// What metrics and logs call the route: from this table, never from the request, so that a client cannot add series.
    package let label: String
    /// The body types it reads; none for a GET.
    package let takes: [MediaType]
    /// The forms that the route can answer in. Where Accept does not choose, the answer has the body's form, or the first for a route
    /// without a body.
    package let gives: [MediaType]
    /// Whether the route asks for a key; false for probes, which are not worth a line in the log either.
    package let needsKey: Bool
    /// Whether the route is refused while the models load and while the server drains.
    package let needsModels: Bool
    /// Whether the route asks for a key that is marked admin.
    package var needsAdmin = false
    let respond: @Sendable (ServiceRequest) throws -> ServiceAnswer

    static func get(
        _ path: String, _ label: String, gives: MediaType = .json, needsKey: Bool = true, needsModels: Bool = false,
        respond: @escaping @Sendable (ServiceRequest) throws -> ServiceAnswer
    ) -> Route {
        Route(
            method: "GET", path: path, label: label, takes: [], gives: [gives], needsKey: needsKey,
            needsModels: needsModels, respond: respond)
    }

    static func post(
        _ path: String, _ label: String, takes: [MediaType] = [.json], gives: [MediaType] = [.json],
        respond: @escaping @Sendable (ServiceRequest) throws -> ServiceAnswer
    ) -> Route {
        Route(
            method: "POST", path: path, label: label, takes: takes, gives: gives, needsKey: true, needsModels: true,
            respond: respond)
    }

    /// A route that changes the teachers.
    static func admin(
        _ method: String, _ path: String, _ label: String, takesBody: Bool = true,
        respond: @escaping @Sendable (ServiceRequest) throws -> ServiceAnswer
    ) -> Route {
        Route(
            method: method, path: path, label: label, takes: takesBody ? [.json] : [], gives: [.json], needsKey: true,
            needsModels: true, needsAdmin: true, respond: respond)
    }

    func matches(_ path: String) -> Bool { path == self.path || parameter(of: path) != nil }

    /// The part of a request's path that stands where the route's has `{...}`, decoded; nil where the path is another.
    func parameter(of path: String) -> String? {
        guard let brace = self.path.firstIndex(of: "{") else { return nil }
        let before = self.path[..<brace]
        guard path.hasPrefix(before) else { return nil }
        let value = path.dropFirst(before.count)
        return value.isEmpty || value.contains("/") ? nil : value.removingPercentEncoding
    }
}

/// Every route of the service. openapi.yaml describes the same ones; a test compares them.
package struct RouteTable: Sendable {
    /// All routes; of those whose path fits, the first with the request's method answers.
    package let routes: [Route]

    package init(_ service: ScoringService) {
        let (takes, gives) = ([MediaType.json, .safetensors], [MediaType.json, .safetensors, .ndjson])
        let weights = WeightsController(service)
        let logProbs = LogProbsController(service)
        let tokens = TokensController(service)
        let server = ServerController(service)
        let teachers = TeachersController(service)
        routes = [
            .post(ScoreRoute.weights.rawValue, "weights", takes: takes, gives: gives, respond: weights.respond),
            .post(ScoreRoute.logProbs.rawValue, "logprobs", takes: takes, gives: gives, respond: logProbs.respond),
            .post("/v1/tokenize", "tokenize", respond: tokens.tokenize),
            .post("/v1/detokenize", "detokenize", respond: tokens.detokenize),
            .admin("POST", "/v1/teachers", "load_teacher", respond: teachers.load),
            .admin("DELETE", "/v1/teachers/{name}", "drop_teacher", takesBody: false, respond: teachers.drop),
            .admin("PUT", "/v1/default-teacher", "default_teacher", respond: teachers.makeDefault),
            .get("/v1/models", "models", needsModels: true, respond: server.models),
            .get("/info", "info", needsModels: true, respond: server.info),
            .get("/health", "health", needsKey: false, respond: server.health),
            .get("/ready", "ready", needsKey: false, needsModels: true, respond: server.ready),
            .get("/metrics", "metrics", gives: .metrics, respond: server.metrics),
            .get("/openapi.yaml", "openapi", gives: .yaml, respond: server.contract),
        ]
    }

    /// HEAD goes where GET goes.
    func route(method: String, path: String) throws(ServiceError) -> Route {
        let atPath = routes.filter { $0.matches(path) }
        guard !atPath.isEmpty else { throw .notFound(path: path) }
        guard let route = atPath.first(where: { $0.method == (method == "HEAD" ? "GET" : method) }) else {
            throw .methodNotAllowed(
                method: method, allowed: atPath.flatMap { $0.method == "GET" ? ["GET", "HEAD"] : [$0.method] })
        }
        return route
    }
}

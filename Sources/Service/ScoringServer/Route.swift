import Foundation
import ScoringAPI

/// One method on one path, and who answers it.
package struct Route: Sendable {
    typealias Responder = @Sendable (ServiceRequest) throws -> ServiceAnswer

    /// The HTTP method, in upper case. A HEAD goes where GET goes, so no route has it.
    package let method: String
    /// The path that a request must have; may end with one parameter, as in `/v1/teachers/{name}`.
    package let path: String
    /// What metrics and logs call the route: from this table, never from the request, so that a client cannot add series.
    package let label: String
    /// The body types it reads; none for a GET.
    package private(set) var takes: [MediaType] = []
    /// The forms that the route can answer in. Where Accept does not choose, the answer has the body's form, or the first for a route
    /// without a body.
    package private(set) var gives: [MediaType] = [.json]
    /// Whether the route asks for a key; false for probes and the page, which are not worth a line in the log either.
    package private(set) var needsKey = true
    /// Whether the route is refused while the models load and while the server drains.
    package private(set) var needsModels = true
    /// Whether the route asks for a key that is marked admin.
    package private(set) var needsAdmin = false
    /// What is answered in place of what was asked for.
    private(set) var failure = FailureBody.problem
    let respond: Responder

    private init(_ method: String, _ path: String, _ label: String, respond: @escaping Responder) {
        (self.method, self.path, self.label, self.respond) = (method, path, label, respond)
    }

    static func get(
        _ path: String, _ label: String, gives: MediaType = .json, needsKey: Bool = true, needsModels: Bool = false,
        respond: @escaping Responder
    ) -> Route {
        var route = Route("GET", path, label, respond: respond)
        (route.gives, route.needsKey, route.needsModels) = ([gives], needsKey, needsModels)
        return route
    }

    /// A route of the page: without a key, which nobody can have given before the page has asked for it.
    static func page(_ path: String, gives: [MediaType], respond: @escaping Responder) -> Route {
        var route = Route("GET", path, "page", respond: respond)
        (route.gives, route.needsKey, route.needsModels) = (gives, false, false)
        return route
    }

    /// A route from JSON to JSON.
    static func post(_ path: String, _ label: String, respond: @escaping Responder) -> Route {
        var route = Route("POST", path, label, respond: respond)
        route.takes = [.json]
        return route
    }

    /// A route that scores, in each of these forms. What fails before a form is chosen has the first one's.
    static func score(
        _ path: String, _ label: String, speaking codecs: [ScoreCodec],
        respond: @escaping @Sendable (ServiceRequest, ScoreForms) throws -> ServiceAnswer
    ) -> Route {
        var route = Route("POST", path, label) { try respond($0, ScoreForms(codecs, chosenBy: $0)) }
        route.takes = codecs.filter { $0.request != nil }.map(\.mediaType)
        route.gives = codecs.map(\.mediaType)
        route.failure = codecs[0].failure
        return route
    }

    /// A route that changes the teachers.
    static func admin(
        _ method: String, _ path: String, _ label: String, takesBody: Bool = true, respond: @escaping Responder
    ) -> Route {
        var route = Route(method, path, label, respond: respond)
        (route.takes, route.needsAdmin) = (takesBody ? [.json] : [], true)
        return route
    }

    /// The same route, which says in a dialect's words what failed.
    func failing(with failure: @escaping @Sendable (Problem) -> FailureBody) -> Route {
        var route = self
        route.failure = failure
        return route
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

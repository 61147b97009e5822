import Compression
import HTTPSockets
import ScoringAPI

/// What the head of a request decides: which route, whose key, which forms, how long. It is asked once, before the body comes.
struct Admission: Sendable {
    let route: Route
    /// What stands in the path where the route has `{name}`.
    let pathParameter: String?
    /// Nil where no keys are asked for, or the route needs none.
    let key: APIKeyIdentity?
    let bodyType: MediaType
    let answerType: MediaType
    /// The Content-Encoding of the body; nil for none.
    let coding: CompressionFormat?
    /// What the client gives the request, where it says so.
    let timeLimit: Duration?

    /// Throws the error to answer with.
    init(_ head: HTTPRequestHead, to found: Result<Route, ServiceError>, _ service: ScoringService) throws {
        // Without a key nobody learns which routes there are.
        let fields = head.headers.values("Authorization").count
        guard fields <= 1 else {
            throw ServiceError.invalidHeader(name: "Authorization", expected: "one field", got: "\(fields)")
        }
        let needsKey = (try? found.get().needsKey) ?? true
        key = needsKey ? try service.authenticate(head.headers["Authorization"]) : nil
        route = try found.get()
        if route.needsAdmin { try service.authorizeAdmin(key) }
        if route.method != "GET", let query = head.query, !query.isEmpty {
            throw ServiceError.optionsInTarget(query)
        }
        pathParameter = route.parameter(of: head.path)
        (bodyType, answerType) = try ContentNegotiation.types(of: head, for: route)
        coding = route.takes.isEmpty ? nil : try ContentCoding.format(of: head)
        timeLimit = route.takes.isEmpty ? nil : try Self.timeLimit(head.headers)
        if route.needsModels { try service.requireReady() }
        if case .length(let length) = head.framing, !route.takes.isEmpty, length > service.limits.maxBodyBytes {
            throw ServiceError.bodyTooLarge(limit: service.limits.maxBodyBytes, actual: length)
        }
    }

    func deadline(_ received: ContinuousClock.Instant, limit: Duration) -> ContinuousClock.Instant {
        received + (timeLimit.map { min(limit, $0) } ?? limit)
    }

    private static func timeLimit(_ headers: HTTPFields) throws(ServiceError) -> Duration? {
        guard let text = headers["X-Request-Timeout"] else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isDecimal =
            parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard isDecimal, let seconds = Double(text), (0.001...86_400).contains(seconds) else {
            throw .invalidHeader(
                name: "X-Request-Timeout", expected: "seconds in decimal, from 0.001 to 86400", got: text)
        }
        return .seconds(seconds)
    }
}

import HTTPSockets
import ScoringAPI

/// Which form a request's body has, and which form its answer takes.
enum ContentNegotiation {
    /// What curl sends with -d when nobody says otherwise: read as JSON.
    private static let formType = "application/x-www-form-urlencoded"

    /// The types of the body and of its answer. Throws where the route reads or gives none of those that the head names.
    static func types(
        of head: HTTPRequestHead, for route: Route
    ) throws(ServiceError) -> (body: MediaType, answer: MediaType) {
        let body = route.takes.isEmpty ? route.gives[0] : try bodyType(of: head, for: route)
        return (body, try answerType(of: head, for: route, preferred: body))
    }

    /// The type of the body by its Content-Type; the route's first where there is none.
    private static func bodyType(of head: HTTPRequestHead, for route: Route) throws(ServiceError) -> MediaType {
        guard let text = head.headers["Content-Type"] else { return route.takes[0] }
        if text.prefix(while: { $0 != ";" }).lowercased() == formType { return route.takes[0] }
        guard let type = route.takes.first(where: { $0.isNamed(by: text) }) else {
            throw .unsupportedMediaType(got: text, expected: route.takes.map(\.rawValue))
        }
        return type
    }

    /// The best form that Accept allows; without Accept, or with */*, that of the body.
    private static func answerType(
        of head: HTTPRequestHead, for route: Route, preferred: MediaType
    ) throws(ServiceError) -> MediaType {
        let accepts = head.headers.values("Accept")
        guard !accepts.isEmpty else { return preferred }
        let ranges = accepts.flatMap { $0.split(separator: ",") }.compactMap(MediaRange.init)
        let offered = [preferred] + route.gives.filter { $0 != preferred }
        let ranked = offered.map { type in (type, quality: quality(of: type, in: ranges)) }
        guard let best = ranked.map(\.quality).max(), best > 0, let winner = ranked.first(where: { $0.quality == best })
        else {
            throw .notAcceptable(got: accepts.joined(separator: ", "), offered: route.gives.map(\.rawValue))
        }
        return winner.0
    }

    /// The quality of the most specific range that covers the type (RFC 9110, 12.5.1); 0 where none does.
    private static func quality(of type: MediaType, in ranges: [MediaRange]) -> Double {
        ranges.filter { $0.covers(type.essence) }.max { $0.specificity < $1.specificity }?.quality ?? 0
    }
}

/// One element of Accept: `application/*;q=0.5`.
private struct MediaRange {
    let essence: String
    let quality: Double

    init?(_ text: Substring) {
        let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        guard let essence = parts.first, essence.contains("/") else { return nil }
        self.essence = essence
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
        quality = (0...1).contains(weight) ? weight : 0
    }

    /// `*/*`, `application/*`, `application/json`.
    var specificity: Int { essence == "*/*" ? 0 : essence.hasSuffix("/*") ? 1 : 2 }

    func covers(_ type: String) -> Bool {
        switch specificity {
        case 0: true
        case 1: type.hasPrefix(essence.dropLast())
        default: type == essence
        }
    }
}

import HTTPSockets
import ScoringAPI

/// Which form a request's body has, and which form its answer takes.
enum ContentNegotiation {
    /// What curl sends with -d when nobody says otherwise: read as JSON.
    private static let formType = "application/x-www-form-urlencoded"

    /// The type of the body by its Content-Type; JSON where there is none.
    static func bodyType(of head: HTTPRequestHead, for route: Route) throws(ServiceError) -> MediaType {
        guard let text = head.headers["Content-Type"] else { return .json }
        if text.prefix(while: { $0 != ";" }).lowercased() == formType { return .json }
        guard let type = MediaType(contentType: text), route.takes.contains(type) else {
            throw .unsupportedMediaType(got: text, expected: route.takes.map(\.rawValue))
        }
        return type
    }

    /// The best form that Accept allows; without Accept, or with */*, that of the body.
    static func answerType(of head: HTTPRequestHead, for route: Route) throws(ServiceError) -> MediaType {
        let preferred = route.takes.isEmpty ? route.gives[0] : try bodyType(of: head, for: route)
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
        let essence = String(type.rawValue.prefix { $0 != ";" })
        return ranges.filter { $0.covers(essence) }.max { $0.specificity < $1.specificity }?.quality ?? 0
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

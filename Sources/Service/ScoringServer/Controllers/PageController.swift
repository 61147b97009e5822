import HTTPSockets
import ScoringAPI
import WebPage

/// The page at /: its document under the address of each view, and what that asks for. It asks the routes of the API, with the key that it
/// has its reader type in, so that it needs none itself.
struct PageController: Sendable {
    static let views = ["/", "/status", "/docs"]

    /// The page runs and shows nothing that did not come from here, and no other page shows it within itself.
    private static let protection: HTTPFields = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    ]

    func document(_ request: ServiceRequest) -> ServiceAnswer { answer(PageFiles.document, to: request) }

    func part(_ request: ServiceRequest) throws -> ServiceAnswer {
        guard let file = request.pathParameter.flatMap(PageFiles.part) else {
            throw ServiceError.notFound(path: request.http.head.path)
        }
        return answer(file, to: request)
    }

    /// The file, or 304 to who has it. Browsers ask each time: the next build's page must not run with the last one's script.
    private func answer(_ file: PageFile, to request: ServiceRequest) -> ServiceAnswer {
        var answer = ServiceAnswer(contentType: file.contentType, body: file.bytes)
        answer.fields = Self.protection
        answer.fields["Cache-Control"] = "no-cache"
        answer.fields["ETag"] = file.entityTag
        let known = request.http.head.headers.values("If-None-Match").flatMap { $0.split(separator: ",") }
        if known.contains(where: { Self.names($0, file.entityTag) }) {
            (answer.status, answer.body) = (304, .bytes([]))
        }
        return answer
    }

    /// Whether an element of If-None-Match is this tag, weak or not, or any.
    private static func names(_ element: Substring, _ entityTag: String) -> Bool {
        let tag = element.filter { $0 != " " && $0 != "\t" }
        return tag == "*" || (tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag) == entityTag
    }
}

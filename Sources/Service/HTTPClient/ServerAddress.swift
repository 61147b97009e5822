/// A server's URL, `http://host:8080` or `https://host/prefix`: what `--server` takes.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// The URL, without a slash at its end.
    let base: String
    package var description: String { base }

    /// Reads and checks a URL; slashes at its end are dropped.
    ///
    /// It may not carry a name and a password (they would come up in errors), a query or a fragment.
    ///
    /// - Throws: `HTTPClientError.badServer`.
    package init(_ url: String) throws(HTTPClientError) {
        func fail(_ reason: String) -> HTTPClientError { .badServer(url: url, reason: reason) }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw fail("it has a space or a control character")
        }
        guard let scheme = ["http://", "https://"].first(where: url.lowercased().hasPrefix) else {
            throw fail("expected http://HOST:PORT or https://HOST:PORT")
        }
        let rest = url.dropFirst(scheme.count)
        if rest.contains("@") {
            throw .badServer(url: scheme + "...", reason: "a key belongs into a file, not into the URL")
        }
        if rest.contains(where: { "?#\\".contains($0) }) { throw fail("expected no query and no fragment") }
        guard let first = rest.first, first != "/", first != ":" else { throw fail("it names no host") }
        var base = scheme + rest
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
    }

    func url(_ path: String) -> String { base + path }
}

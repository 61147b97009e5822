import HTTPSockets

/// Who may ask from within a browser. A page of anybody's can send requests to whatever its reader's machine can reach, so a server
/// that asks for no key knows by Host and Origin whether a page is behind a request.
package struct PageRules: Sendable, Equatable {
    /// Names that the Host field may have, in lower case and without a port, beside those of this machine; nil: any name. A page whose
    /// own name was made to mean this machine (DNS rebinding) is found by that.
    package var hosts: Set<String>?
    /// Origins of pages that may ask, beside the server's own, as browsers write them, in lower case: `https://example.org`.
    package var origins: Set<String>

    package init(hosts: Set<String>? = nil, origins: Set<String> = []) {
        self.hosts = hosts
        self.origins = origins
    }

    /// Whether a name or an address means this machine and nothing else: `localhost`, `127.0.0.1`, `::1` with or without brackets.
    package static func isLoopback(_ host: String) -> Bool {
        host.lowercased() == "localhost" || host == "::1" || host == "[::1]"
            || (host.hasPrefix("127.") && host.split(separator: ".").count == 4
                && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) })
    }

    /// Whether a text can be what Host says before its port: a name, an IPv4 address, or an IPv6 address in brackets.
    package static func isHost(_ text: String) -> Bool {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let name = isBracketed ? text.dropFirst().dropLast() : text[...]
        return !name.isEmpty && !name.contains { "/[]@ ".contains($0) || ($0 == ":" && !isBracketed) }
    }

    /// Whether a text can be what a browser sends as Origin: `null`, or scheme, host and a port other than the scheme's own, in any case.
    package static func isOrigin(_ text: String) -> Bool {
        let text = text.lowercased()
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasSuffix(":"), parts[1].isEmpty, !parts[2].isEmpty else {
            return text == "null"
        }
        let ports = ["http:": ":80", "https:": ":443"]
        return ports[String(parts[0])].map { !parts[2].hasSuffix($0) } ?? true
    }

    /// The origin of the page that asks, where one does that is not the server's own. Throws where it may not.
    func origin(of head: HTTPRequestHead) throws(ServiceError) -> String? {
        let host = head.headers["Host"]
        if let hosts, let host {
            let name = Self.name(host)
            guard Self.isLoopback(name) || hosts.contains(name) else { throw .foreignHost(got: host) }
        }
        guard let origin = head.headers["Origin"] else { return nil }
        if let host, ["http://" + host, "https://" + host].contains(where: { $0.lowercased() == origin.lowercased() }) {
            return nil
        }
        guard origins.contains(origin) else { throw .foreignOrigin(got: origin) }
        return origin
    }

    /// Without the port.
    private static func name(_ host: String) -> String {
        let end = host.lastIndex(of: "]").map { host.index(after: $0) } ?? host.firstIndex(of: ":") ?? host.endIndex
        return host[..<end].lowercased()
    }
}

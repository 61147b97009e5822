import HTTPClient

/// A program that serves models, and whose log-probs are taken: by the name that stands before its URL.
package enum EngineKind: String, CaseIterable, Sendable {
    case vllm, sglang
}

/// Where an engine is and what it is: `vllm=http://host:8000`.
package struct EngineAddress: Sendable, Hashable, CustomStringConvertible {
    /// The program behind the URL.
    package let kind: EngineKind
    /// The server's URL.
    package let server: ServerAddress

    package init(_ kind: EngineKind, _ server: ServerAddress) { (self.kind, self.server) = (kind, server) }

    /// Reads `vllm=URL` or `sglang=URL`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let kind = EngineKind(rawValue: String(parts[0])),
            let server = try? ServerAddress(String(parts[1]))
        else { return nil }
        self.init(kind, server)
    }

    /// The form that `init` reads.
    package var description: String { "\(kind.rawValue)=\(server)" }
    /// The URL.
    package var url: String { server.description }
}

/// A text that cannot stand where a server's address or a key belongs. No case carries the key.
package enum HTTPClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A text that is no server's address.
    case badServer(url: String, reason: String)
    /// A key that is empty, or holds more than visible ASCII.
    case badKey

    package var description: String {
        switch self {
        case .badServer(let url, let reason): "\(url) is not a server's address: \(reason)"
        case .badKey: "an API key is one line of visible ASCII characters"
        }
    }
}

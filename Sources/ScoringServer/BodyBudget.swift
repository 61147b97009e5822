import HTTPSockets
import Synchronization

/// Bounds the bodies of all connections together, so that many large posts cannot take the memory that one may.
///
/// A reservation belongs to a connection: it ends with the request's answer, or with the connection, whichever comes
/// first, so a client that breaks off in the middle of its body leaves nothing behind.
final class BodyBudget: Sendable {
    private struct Reservation: Sendable {
        weak var connection: ConnectionMonitor?
        let bytes: Int
    }

    private let limit: Int
    private let reservations = Mutex<[ObjectIdentifier: Reservation]>([:])

    init(limit: Int) { self.limit = limit }

    /// Throws where the body of this head is too large, or does not fit beside those under way.
    ///
    /// - Parameter maxBytes: for one body; counted in full where the length is not known beforehand.
    func reserve(for head: HTTPRequestHead, maxBytes: Int, connection: ConnectionMonitor) throws(ServiceError) {
        let bytes =
            switch head.framing {
            case .none: 0
            case .length(let length): length
            case .chunked: maxBytes
            }
        guard bytes <= maxBytes else { throw .bodyTooLarge(limit: maxBytes, actual: bytes) }
        guard bytes > 0 else { return }
        let isWithin = reservations.withLock { reservations in
            reservations = reservations.filter { $0.value.connection != nil }
            reservations[ObjectIdentifier(connection)] = nil
            guard reservations.values.reduce(bytes, { $0 + $1.bytes }) <= limit else { return false }
            reservations[ObjectIdentifier(connection)] = Reservation(connection: connection, bytes: bytes)
            return true
        }
        if !isWithin { throw .tooManyBodyBytes(limit: limit) }
    }

    func release(_ connection: ConnectionMonitor) {
        _ = reservations.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    var reservedBytes: Int {
        reservations.withLock { $0.values.reduce(0) { $0 + ($1.connection == nil ? 0 : $1.bytes) } }
    }
}

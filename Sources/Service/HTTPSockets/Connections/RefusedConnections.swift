import Foundation
import System

/// Clients that were answered 503 at the door and are given a moment to read it, without a thread: the listener polls them.
///
/// Closing at once would reset a connection whose request is still on its way, and the answer would be lost.
struct RefusedConnections {
    private static let limit = 64
    private static let patience = Duration.seconds(1)

    private var waiting: [(descriptor: Int32, deadline: Deadline)] = []

    var isEmpty: Bool { waiting.isEmpty }

    var descriptors: [Int32] { waiting.map(\.descriptor) }

    /// Answers as far as the kernel takes it at once.
    mutating func refuse(_ descriptor: Int32, with response: [UInt8]) {
        _ = response.withUnsafeBytes {
            send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        _ = shutdown(descriptor, Int32(SHUT_WR))
        if waiting.count == RefusedConnections.limit { close(waiting.removeFirst().descriptor) }
        waiting.append((descriptor, Deadline(after: RefusedConnections.patience)))
    }

    /// Drops what the clients still send; closes those that have closed or had their time.
    mutating func service() {
        waiting.removeAll { connection in
            var isOver = connection.deadline.hasPassed
            withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { scratch in
                // A bounded number of reads: one fast sender must not hold the listener.
                for _ in 0..<16 where !isOver {
                    let count = recv(connection.descriptor, scratch.baseAddress, scratch.count, Int32(MSG_DONTWAIT))
                    if count < 0 && errno == EAGAIN { break }
                    isOver = count <= 0
                }
            }
            if isOver { close(connection.descriptor) }
            return isOver
        }
    }

    mutating func closeAll() {
        waiting.forEach { close($0.descriptor) }
        waiting = []
    }
}

import System

/// A body as it arrives.
///
/// Memory is claimed in large steps towards the announced length, for fewer copies than doubling, but never more than four
/// times what has arrived (256 KiB at first): an announcement alone costs nothing.
package struct BodyBuffer {
    private static let firstStep = 256 << 10
    /// For one receive: many small receives cost more than they help the deadlines.
    private static let maxReceiveBytes = 1 << 20

    /// What has arrived, chunk sizes and trailers already taken out.
    package private(set) var bytes: [UInt8] = []
    private let announced: Int
    private let lease: BodyLease
    private var claimed = 0

    /// - Parameter framing: of the head; memory grows towards its length. A chunked body announces none.
    package init(framing: HTTPRequestHead.Framing, lease: BodyLease) {
        self.lease = lease
        if case .length(let length) = framing { announced = length } else { announced = .max }
    }

    /// Appends a part that came through the connection's input buffer.
    ///
    /// - Throws: `HTTPProtocolError.tooManyBodyBytes` where memory for it cannot be claimed.
    package mutating func append(_ part: Slice<UnsafeRawBufferPointer>) throws(HTTPProtocolError) {
        try makeRoom(for: part.count)
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: part))
    }

    /// Receives straight into the body: the kernel's copy is the only one.
    mutating func receive(
        from stream: SocketStream, remaining: Int, until deadline: Deadline
    ) throws(HTTPProtocolError) -> SocketStream.Received {
        try makeRoom(for: 1)
        let room = min(remaining, bytes.capacity - bytes.count, BodyBuffer.maxReceiveBytes)
        var received = SocketStream.Received.failed
        bytes.append(addingCapacity: room) { span in
            span.withUnsafeMutableBufferPointer { free, count in
                let place = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: free[..<room]))
                received = stream.receive(into: place, until: deadline)
                if case .bytes(let arrived) = received { count += arrived }
            }
        }
        return received
    }

    private mutating func makeRoom(for count: Int) throws(HTTPProtocolError) {
        let needed = bytes.count + count
        if needed <= bytes.capacity { return }
        let capacity = max(needed, min(announced, max(BodyBuffer.firstStep, 4 * bytes.count)))
        try lease.claim(capacity - claimed)
        claimed = capacity
        bytes.reserveCapacity(capacity)
    }
}

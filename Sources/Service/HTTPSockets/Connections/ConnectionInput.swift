/// What has been received and not yet parsed: a fixed buffer, so that a client that sends and sends costs no more.
final class ConnectionInput {
    static let capacity = 64 << 10

    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    private var start = 0
    private var end = 0

    deinit { storage.deallocate() }

    var isEmpty: Bool { start == end }

    var unread: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[start..<end]) }

    /// Where to receive; only to be asked for when all is read.
    var free: UnsafeMutableRawBufferPointer {
        precondition(isEmpty)
        return storage
    }

    func filled(_ count: Int) { (start, end) = (0, count) }

    func consume(_ count: Int) { start += count }
}

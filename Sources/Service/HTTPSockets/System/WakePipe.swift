import Foundation

/// A descriptor that becomes readable once, for all who poll it, and stays so.
final class WakePipe: Sendable {
    let readable: Int32
    private let writable: Int32

    init() throws(HTTPServerError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .noDescriptors(reason: SystemCalls.lastError) }
        ends.forEach(SystemCalls.closeOnExec)
        (readable, writable) = (ends[0], ends[1])
    }

    func wake() {
        var byte: UInt8 = 1
        _ = write(writable, &byte, 1)
    }

    deinit {
        close(readable)
        close(writable)
    }
}

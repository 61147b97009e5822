import Foundation
import TestSupport

/// A client that sends one request and then reads nothing, for as long as it lives; its kernel takes in next to nothing for it.
final class StoppedReader: Sendable {
    private let descriptor: Int32

    init(port: Int, path: String, accept: String, body: [UInt8]) throws {
        descriptor = try LoopbackSocket.connect(port: port, receiveBuffer: 4096)
        let head =
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: \(accept)\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        LoopbackSocket.write(descriptor, Array(head.utf8) + body)
    }

    deinit { close(descriptor) }
}

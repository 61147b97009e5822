import Foundation

/// A client that sends one request and then reads nothing, for as long as it lives; its kernel takes in next to nothing for it.
final class StoppedReader: Sendable {
    struct NotConnected: Error { let reason: Int32 }

    private let descriptor: Int32

    init(port: Int, path: String, accept: String, body: [UInt8]) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var size: Int32 = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw NotConnected(reason: errno) }
        let head =
            "POST \(path) HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nAccept: \(accept)\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        let bytes = Array(head.utf8) + body
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw NotConnected(reason: errno) }
            sent += count
        }
    }

    deinit { close(descriptor) }
}

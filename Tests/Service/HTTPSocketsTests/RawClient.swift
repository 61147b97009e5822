import Foundation
import TestSupport

/// A client that sends just the bytes it is told to, and waits for any as long as `Patience` says.
final class RawClient {
    enum Failure: Error { case notConnected(Int32), timedOut, reset, failed(Int32), notHTTP(String) }

    struct Response {
        var status: Int
        var fields: [String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func value(_ name: String) -> String? {
            fields.first { $0.lowercased().hasPrefix(name.lowercased() + ":") }.map {
                $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
            }
        }
    }

    let descriptor: Int32
    private var buffer: [UInt8] = []

    init(port: Int, ipv6: Bool = false, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(ipv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.notConnected(errno) }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: Int(Patience.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let status = ipv6 ? RawClient.connect6(descriptor, port) : RawClient.connect4(descriptor, port)
        guard status == 0 else {
            let reason = errno
            Glibc.close(descriptor)
            throw Failure.notConnected(reason)
        }
    }

    deinit { Glibc.close(descriptor) }

    private static func connect4(_ descriptor: Int32, _ port: Int) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafeBytes(of: &address) {
            connect(
                descriptor, $0.bindMemory(to: sockaddr.self).baseAddress, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }

    private static func connect6(_ descriptor: Int32, _ port: Int) -> Int32 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = in_port_t(port).bigEndian
        inet_pton(AF_INET6, "::1", &address.sin6_addr)
        return withUnsafeBytes(of: &address) {
            connect(
                descriptor, $0.bindMemory(to: sockaddr.self).baseAddress, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
    }

    /// False where the server has closed. (It may close before it has read all that a hostile client sends.)
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    func closeSendingHalf() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// nil at the end.
    private func more() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        var count = 0
        // A socket with a time limit is not waited for again after a signal (signal(7)).
        repeat { count = recv(descriptor, &piece, piece.count, 0) } while count < 0 && errno == EINTR
        if count < 0 {
            switch errno {
            case EAGAIN: throw Failure.timedOut
            case ECONNRESET: throw Failure.reset
            default: throw Failure.failed(errno)
            }
        }
        buffer += piece[..<count]
        return count > 0
    }

    /// The next response, or nil where the server has closed.
    func response(toHEAD: Bool = false) throws -> Response? {
        let marker = Array("\r\n\r\n".utf8)
        var end = buffer.firstIndex(of: marker)
        while end == nil {
            guard try more() else {
                if buffer.isEmpty { return nil }
                throw Failure.notHTTP(String(decoding: buffer, as: UTF8.self))
            }
            end = buffer.firstIndex(of: marker)
        }
        let lines = String(decoding: buffer[..<end!], as: UTF8.self).components(separatedBy: "\r\n")
        buffer.removeFirst(end! + 4)
        guard lines[0].hasPrefix("HTTP/1.1 "), let status = Int(lines[0].dropFirst(9).prefix(3)) else {
            throw Failure.notHTTP(lines[0])
        }
        var response = Response(status: status, fields: Array(lines.dropFirst()), body: [])
        if toHEAD || (100..<200).contains(status) || status == 204 { return response }
        if response.value("Transfer-Encoding") == "chunked" {
            response.body = try chunkedBody()
        } else if let length = response.value("Content-Length").flatMap({ Int($0) }) {
            while buffer.count < length { guard try more() else { throw Failure.reset } }
            response.body = Array(buffer.prefix(length))
            buffer.removeFirst(length)
        } else {
            while try more() {}
            response.body = buffer
            buffer = []
        }
        return response
    }

    private func chunkedBody() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            var end = buffer.firstIndex(of: Array("\r\n".utf8))
            while end == nil {
                guard try more() else { throw Failure.reset }
                end = buffer.firstIndex(of: Array("\r\n".utf8))
            }
            let size = Int(String(decoding: buffer[..<end!], as: UTF8.self), radix: 16)!
            while buffer.count < end! + 4 + size { guard try more() else { throw Failure.reset } }
            body += buffer[(end! + 2)..<(end! + 2 + size)]
            buffer.removeFirst(end! + 4 + size)
            if size == 0 { return body }
        }
    }

    /// Whether the server has closed, after all that it still had to say has been read.
    func isClosed() throws -> Bool {
        do {
            return try response() == nil
        } catch Failure.reset {
            return true
        }
    }
}

extension [UInt8] {
    fileprivate func firstIndex(of pattern: [UInt8]) -> Int? {
        guard count >= pattern.count else { return nil }
        return (0...(count - pattern.count)).first { self[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}

import Foundation
import System

/// A bound socket. Options that accepted sockets inherit are set here, once.
final class ListeningSocket: Sendable {
    var descriptor: Int32 { socket.number }
    private let socket: FileDescriptor
    let host: String
    let port: Int

    init(host: String, port: Int, backlog: Int) throws(HTTPServerError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        // As in a URL: [::1].
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let status = getaddrinfo(name, String(port), &hints, &found)
        guard status == 0, let found else {
            throw .cannotResolve(host: host, reason: String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(found) }
        do {
            socket = try Self.listening(onFirstOf: found, backlog)
        } catch {
            throw .cannotListen(host: host, port: port, reason: error.reason)
        }
        self.host = host
        self.port = Self.boundPort(socket.number)
    }

    /// The first of the addresses that can be listened on; the last one's error where none can.
    private static func listening(
        onFirstOf addresses: UnsafeMutablePointer<addrinfo>, _ backlog: Int
    ) throws(SystemError) -> FileDescriptor {
        var failure: SystemError?
        for candidate in sequence(first: addresses, next: { $0.pointee.ai_next }) {
            do {
                return try listening(on: candidate.pointee, backlog)
            } catch {
                failure = error
            }
        }
        throw failure ?? SystemError("listen", code: EADDRNOTAVAIL)
    }

    private static func listening(on address: addrinfo, _ backlog: Int) throws(SystemError) -> FileDescriptor {
        let socket = FileDescriptor(
            try SystemError.check("make a socket") { Glibc.socket(address.ai_family, SOCK_STREAM.asInt32, 0) })
        let descriptor = socket.number
        SocketCalls.closeOnExec(descriptor)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        SocketCalls.set(SO_REUSEADDR, SOL_SOCKET, 1, on: descriptor)
        SocketCalls.set(TCP_NODELAY, Int32(IPPROTO_TCP), 1, on: descriptor)
        // A client whose machine went away is found out in about two minutes.
        SocketCalls.set(SO_KEEPALIVE, SOL_SOCKET, 1, on: descriptor)
        SocketCalls.set(TCP_KEEPIDLE, Int32(IPPROTO_TCP), 60, on: descriptor)
        SocketCalls.set(TCP_KEEPINTVL, Int32(IPPROTO_TCP), 15, on: descriptor)
        SocketCalls.set(TCP_KEEPCNT, Int32(IPPROTO_TCP), 4, on: descriptor)
        if address.ai_family == AF_INET6 { SocketCalls.set(IPV6_V6ONLY, Int32(IPPROTO_IPV6), 0, on: descriptor) }
        _ = try SystemError.check("bind") { bind(descriptor, address.ai_addr, address.ai_addrlen) }
        _ = try SystemError.check("listen") { Glibc.listen(descriptor, Int32(backlog)) }
        return socket
    }

    private static func boundPort(_ descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let name = withUnsafeMutableBytes(of: &storage) { bytes in
            let address = bytes.bindMemory(to: sockaddr.self).baseAddress!
            return getsockname(descriptor, address, &length) == 0 ? SocketCalls.name(of: address, length) : ""
        }
        return name.split(separator: ":").last.flatMap { Int($0) } ?? 0
    }
}

extension __socket_type {
    var asInt32: Int32 { Int32(rawValue) }
}

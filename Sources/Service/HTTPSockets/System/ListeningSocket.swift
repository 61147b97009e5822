import Foundation

/// A bound socket. Options that accepted sockets inherit are set here, once.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    let host: String
    let port: Int

    init(host: String, port: Int, backlog: Int) throws(HTTPServerError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let found else {
            throw .cannotResolve(host: host, reason: String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(found) }
        var reason = "no address"
        for candidate in sequence(first: found, next: { $0.pointee.ai_next }) {
            let descriptor = socket(candidate.pointee.ai_family, SOCK_STREAM.asInt32, 0)
            if descriptor >= 0, ListeningSocket.listen(descriptor, candidate.pointee, backlog) {
                self.descriptor = descriptor
                self.host = host
                self.port = ListeningSocket.boundPort(descriptor)
                return
            }
            reason = SystemCalls.lastError
            if descriptor >= 0 { close(descriptor) }
        }
        throw .cannotListen(host: host, port: port, reason: reason)
    }

    deinit { close(descriptor) }

    private static func listen(_ descriptor: Int32, _ address: addrinfo, _ backlog: Int) -> Bool {
        SystemCalls.closeOnExec(descriptor)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        SystemCalls.set(SO_REUSEADDR, SOL_SOCKET, 1, on: descriptor)
        SystemCalls.set(TCP_NODELAY, Int32(IPPROTO_TCP), 1, on: descriptor)
        // A client whose machine went away is found out in about two minutes.
        SystemCalls.set(SO_KEEPALIVE, SOL_SOCKET, 1, on: descriptor)
        SystemCalls.set(TCP_KEEPIDLE, Int32(IPPROTO_TCP), 60, on: descriptor)
        SystemCalls.set(TCP_KEEPINTVL, Int32(IPPROTO_TCP), 15, on: descriptor)
        SystemCalls.set(TCP_KEEPCNT, Int32(IPPROTO_TCP), 4, on: descriptor)
        if address.ai_family == AF_INET6 { SystemCalls.set(IPV6_V6ONLY, Int32(IPPROTO_IPV6), 0, on: descriptor) }
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 else { return false }
        return Glibc.listen(descriptor, Int32(backlog)) == 0
    }

    private static func boundPort(_ descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let name = withUnsafeMutableBytes(of: &storage) { bytes in
            let address = bytes.bindMemory(to: sockaddr.self).baseAddress!
            return getsockname(descriptor, address, &length) == 0 ? SystemCalls.name(of: address, length) : ""
        }
        return name.split(separator: ":").last.flatMap { Int($0) } ?? 0
    }
}

extension __socket_type {
    var asInt32: Int32 { Int32(rawValue) }
}

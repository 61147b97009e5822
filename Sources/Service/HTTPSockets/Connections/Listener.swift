import Foundation
import System

/// The thread that accepts: hands each client a thread, refuses those beyond the limits, and ends only when told to.
struct Listener {
    private enum Accepted {
        case client(Int32, peer: String)
        case nothing
        case again
        case exhausted
        case failed(reason: String)
    }

    /// 1 MiB holds a JSON reader at its depth limit and PCRE2 with room to spare, and a thousand connections stay within a gigabyte of
    /// address space.
    private static let connectionStackBytes = 1 << 20
    private static let backOff = Duration.milliseconds(50)

    private let socket: ListeningSocket
    private let server: HTTPServerCore
    private var refused = RefusedConnections()
    /// Given up for a moment to accept and refuse one client when no descriptor is left.
    private var reserve: Int32 = -1

    init(socket: ListeningSocket, server: HTTPServerCore) {
        self.socket = socket
        self.server = server
        openReserve()
    }

    mutating func run() {
        var pause: Deadline?
        while true {
            let isDraining = wait(pause: pause)
            pause = nil
            refused.service()
            // What the kernel has accepted for us is served even while draining.
            if !acceptAll() { pause = Deadline(after: Listener.backOff) }
            if isDraining { break }
        }
        // No more are let in from here on, though the descriptor lives as long as its last reference.
        _ = shutdown(socket.descriptor, Int32(SHUT_RDWR))
        refused.closeAll()
        if reserve >= 0 { close(reserve) }
    }

    /// True when it is time to end.
    private func wait(pause: Deadline?) -> Bool {
        var polled = [pollfd(fd: server.drainWake.readable, events: Int16(POLLIN), revents: 0)]
        polled.append(pollfd(fd: pause == nil ? socket.descriptor : -1, events: Int16(POLLIN), revents: 0))
        polled += refused.descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let deadline = pause ?? Deadline(after: refused.isEmpty ? .seconds(3600) : .milliseconds(100))
        _ = polled.withUnsafeMutableBufferPointer { Polling.wait(for: $0, until: deadline) }
        return polled[0].revents != 0
    }

    /// False: rest before trying again.
    private mutating func acceptAll() -> Bool {
        // The bound lets refused clients be served between two storms.
        for _ in 0..<256 {
            switch accept() {
            case .client(let descriptor, let peer): admit(descriptor, peer)
            case .nothing: return true
            case .again: continue
            case .exhausted:
                guard refuseWithReserve() else { return false }
            case .failed(let reason):
                server.onEvent(.acceptFailed(reason: reason))
                return false
            }
        }
        return true
    }

    private func accept() -> Accepted {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
            guard let address = bytes.bindMemory(to: sockaddr.self).baseAddress else { return .nothing }
            let descriptor = Glibc.accept(socket.descriptor, address, &length)
            if descriptor >= 0 {
                SocketCalls.closeOnExec(descriptor)
                return .client(descriptor, peer: SocketCalls.name(of: address, length))
            }
            let error = SystemError("accept")
            switch error.code {
            case EAGAIN: return .nothing
            case EMFILE, ENFILE: return .exhausted
            case EBADF, EINVAL, ENOBUFS, ENOMEM, ENOTSOCK: return .failed(reason: error.reason)
            // The client has gone again, or a signal came: the next one may be well (accept(2), "Error handling").
            default: return .again
            }
        }
    }

    private mutating func admit(_ descriptor: Int32, _ peer: String) {
        switch server.registry.add(descriptor) {
        case .admitted: break
        case .displaced(let activity): server.onEvent(.displaced(isSilent: activity == .silent))
        case .refused: return refuse(descriptor, .tooManyConnections(limit: server.configuration.maxConnections))
        }
        let server = server
        do {
            try DetachedThread.start(stackBytes: Listener.connectionStackBytes) {
                // Removed before the stream, the last reference of which goes with the connection, closes the descriptor.
                let stream = SocketStream(descriptor: descriptor)
                Connection(stream: stream, peer: peer, server: server).run()
                server.registry.remove(descriptor)
                withExtendedLifetime(stream) {}
            }
        } catch {
            server.registry.remove(descriptor)
            refuse(descriptor, .noResources)
        }
    }

    private mutating func refuse(_ descriptor: Int32, _ error: HTTPProtocolError) {
        server.onEvent(.refused(error))
        let response = server.handler.protocolError(error)
        let body = response.bodyBytes ?? []
        let head = try? ResponseHead(
            status: response.status, fields: response.fields, framing: .length(body.count), persistence: .close,
            date: HTTPDate.text(secondsSince1970: server.now())
        ).bytes()
        refused.refuse(descriptor, with: (head ?? []) + body)
    }

    // MARK: - When descriptors run out

    private mutating func openReserve() { reserve = open("/dev/null", O_RDONLY | O_CLOEXEC) }

    /// False where even the reserve does not help.
    private mutating func refuseWithReserve() -> Bool {
        refused.closeAll()
        guard reserve >= 0 else {
            openReserve()
            return reserve >= 0
        }
        close(reserve)
        reserve = -1
        defer { openReserve() }
        guard case .client(let descriptor, _) = accept() else { return false }
        refuse(descriptor, .noResources)
        refused.service()
        refused.closeAll()
        return true
    }
}

import Foundation
import System

/// A loopback port in front of a server that passes a counted number of requests and then holds the next ones.
///
/// A test that kills a server "in the middle of a run" by watching the run races with it: on a busy machine the run is over before
/// the test looks. Behind a relay the run stands still at the request that the test chose, for as long as the test wants.
/// All waits block: call from `onThread`.
package final class Relay: @unchecked Sendable {
    // Everything mutable is read and written under `condition`.
    private let condition = NSCondition()
    private var target: Int
    private var left: Int
    private var held = 0
    private var listener: Socket?
    private var connections: [ObjectIdentifier: Socket] = [:]

    /// Closed when the last who may still mean it by its number has let go: until then the kernel gives the number to nobody else.
    private final class Socket: Sendable {
        private let descriptor: FileDescriptor

        init(_ number: Int32) { descriptor = FileDescriptor(number) }

        var number: Int32 { descriptor.number }

        /// Ends all reading and writing, and accepting.
        func cut() { _ = shutdown(number, Int32(SHUT_RDWR)) }
    }

    package let port: Int
    package var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - target: the port of the server behind it.
    ///   - posts: how many POST requests pass before the next is held; other methods always pass.
    package init(to target: Int, posts: Int) throws {
        self.target = target
        left = posts
        let (descriptor, port) = try LoopbackSocket.listen()
        self.port = port
        let socket = Socket(descriptor)
        listener = socket
        accept(at: socket)
    }

    /// Blocks until a request is held.
    package func waitUntilHeld(timeout: TimeInterval = Patience.seconds) throws {
        let end = Date(timeIntervalSinceNow: timeout)
        condition.lock()
        defer { condition.unlock() }
        while held == 0 {
            guard condition.wait(until: end) else {
                throw ProgramError.outOfTime(
                    program: "relay", waiting: "a request to hold", output: "", errors: "\(left) more would pass")
            }
        }
    }

    /// From now on the port refuses and what was connected is cut, as when the server's process ends.
    package func cut() {
        condition.lock()
        let (listener, open) = (self.listener, connections.values)
        self.listener = nil
        condition.broadcast()
        condition.unlock()
        listener?.cut()
        for socket in open { socket.cut() }
    }

    /// Listens again at the same port, for the server at another one, and holds nothing any more.
    package func join(_ port: Int) throws {
        let again = Socket(try LoopbackSocket.listen(port: self.port).descriptor)
        condition.lock()
        (target, left, held, listener) = (port, Int.max, 0, again)
        condition.unlock()
        accept(at: again)
    }

    private func accept(at listener: Socket) {
        Thread.detachNewThread { [weak self] in
            while true {
                let client = Foundation.accept(listener.number, nil, nil)
                guard client >= 0 else { return }
                let socket = Socket(client)
                guard let self else { return }
                Thread.detachNewThread { self.serve(socket, of: listener) }
            }
        }
    }

    private func serve(_ client: Socket, of listener: Socket) {
        guard let descriptor = try? LoopbackSocket.connect(port: condition.withLock { target }) else { return }
        let server = Socket(descriptor)
        guard remember([client, server], of: listener) else { return }
        defer { forget([client, server]) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var ready = [client, server].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            guard poll(&ready, 2, -1) > 0 else { return }
            for (side, other) in [(0, server), (1, client)] where ready[side].revents != 0 {
                let count = recv(ready[side].fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                let bytes = buffer[..<count]
                if side == 0, bytes.starts(with: Array("POST ".utf8)), !mayPass(while: listener) { return }
                LoopbackSocket.write(other.number, Array(bytes))
            }
        }
    }

    private func remember(_ sockets: [Socket], of listener: Socket) -> Bool {
        condition.withLock {
            guard self.listener === listener else { return false }
            for socket in sockets { connections[ObjectIdentifier(socket)] = socket }
            return true
        }
    }

    private func forget(_ sockets: [Socket]) {
        condition.withLock { for socket in sockets { connections[ObjectIdentifier(socket)] = nil } }
    }

    /// Waits where the request is one too many; false where the relay was cut meanwhile.
    private func mayPass(while listener: Socket) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard left == 0 else {
            left -= 1
            return true
        }
        held += 1
        condition.broadcast()
        while self.listener === listener { condition.wait() }
        return false
    }

    deinit { cut() }
}

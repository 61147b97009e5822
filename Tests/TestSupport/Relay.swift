import Foundation

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
    private var listener: Int32 = -1
    private var connections: Set<Int32> = []

    package let port: Int
    package var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - target: the port of the server behind it.
    ///   - posts: how many POST requests pass before the next is held; other methods always pass.
    package init(to target: Int, posts: Int) throws {
        self.target = target
        left = posts
        (listener, port) = try LoopbackSocket.listen()
        accept(at: listener)
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
        let (listener, open) = (self.listener, connections)
        self.listener = -1
        condition.broadcast()
        condition.unlock()
        if listener >= 0 { _ = shutdown(listener, Int32(SHUT_RDWR)) }
        for descriptor in open { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// Listens again at the same port, for the server at another one, and holds nothing any more.
    package func join(_ port: Int) throws {
        let (again, _) = try LoopbackSocket.listen(port: self.port)
        condition.lock()
        (target, left, held, listener) = (port, Int.max, 0, again)
        condition.unlock()
        accept(at: again)
    }

    private func accept(at listener: Int32) {
        Thread.detachNewThread { [weak self] in
            defer { close(listener) }
            while true {
                let client = Foundation.accept(listener, nil, nil)
                guard client >= 0, let self else { return }
                Thread.detachNewThread { self.serve(client, of: listener) }
            }
        }
    }

    private func serve(_ client: Int32, of listener: Int32) {
        defer { close(client) }
        guard let server = try? LoopbackSocket.connect(port: condition.withLock { target }) else { return }
        defer { close(server) }
        // Descriptors are used again by the kernel: they leave the set before they are closed.
        guard remember([client, server], of: listener) else { return }
        defer { condition.withLock { connections.subtract([client, server]) } }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var ready = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&ready, 2, -1) > 0 else { return }
            for (side, other) in [(0, server), (1, client)] where ready[side].revents != 0 {
                let count = recv(ready[side].fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                let bytes = buffer[..<count]
                if side == 0, bytes.starts(with: Array("POST ".utf8)), !mayPass(while: listener) { return }
                LoopbackSocket.write(other, Array(bytes))
            }
        }
    }

    private func remember(_ descriptors: [Int32], of listener: Int32) -> Bool {
        condition.withLock {
            guard self.listener == listener else { return false }
            connections.formUnion(descriptors)
            return true
        }
    }

    /// Waits where the request is one too many; false where the relay was cut meanwhile.
    private func mayPass(while listener: Int32) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard left == 0 else {
            left -= 1
            return true
        }
        held += 1
        condition.broadcast()
        while self.listener == listener { condition.wait() }
        return false
    }

    deinit { cut() }
}

import Foundation
import Synchronization
import System

/// What every connection of a server shares.
struct HTTPServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let handler: any HTTPHandler
    let onEvent: @Sendable (HTTPServerEvent) -> Void
    let registry: ConnectionRegistry
    let bodyBudget: BodyBudget
    let drainWake: WakePipe

    func now() -> Int { time(nil) }
}

/// A small HTTP/1.1 server on BSD sockets: a thread for each connection, a deadline for each wait, a limit for each size.
///
/// Meant for fewer than a thousand connections behind, at most, a TLS proxy. `stop` is called by `deinit`.
package final class HTTPServer: Sendable {
    private enum State: UInt8, AtomicRepresentable { case new, running, draining }

    private let core: HTTPServerCore
    private let state = Atomic(State.new)

    /// - Parameter onEvent: called on connection threads; must not block.
    package init(
        configuration: HTTPServerConfiguration, handler: any HTTPHandler,
        onEvent: @escaping @Sendable (HTTPServerEvent) -> Void = { _ in }
    ) throws(HTTPServerError) {
        let drainWake: WakePipe
        do { drainWake = try WakePipe() } catch { throw .noDescriptors(reason: error.reason) }
        core = HTTPServerCore(
            configuration: configuration, handler: handler, onEvent: onEvent,
            registry: ConnectionRegistry(limit: configuration.maxConnections),
            bodyBudget: BodyBudget(limit: configuration.maxTotalBodyBytes), drainWake: drainWake)
    }

    deinit { stop() }

    /// Connections that have a thread now; those refused at the door are not counted.
    package var openConnections: Int { core.registry.count }

    /// Memory claimed for request bodies that are arriving or being answered.
    package var heldBodyBytes: Int { core.bodyBudget.heldBytes }

    /// Binds, listens and returns the host as configured and the port taken: clients can connect from here on.
    ///
    /// - Throws: `HTTPServerError`; `alreadyStarted` also after `drain` or `stop`.
    package func start() throws(HTTPServerError) -> (host: String, port: Int) {
        let isFirst = state.compareExchange(expected: .new, desired: .running, ordering: .relaxed).exchanged
        guard isFirst else { throw .alreadyStarted }
        let socket = try ListeningSocket(
            host: core.configuration.host, port: core.configuration.port, backlog: core.configuration.backlog)
        let address = (socket.host, socket.port)
        core.registry.setListening(true)
        // The thread holds what the server shares, not the server: letting go of the server stops it.
        do {
            try DetachedThread.start(stackBytes: 1 << 20) { [core] in
                var listener = Listener(socket: socket, server: core)
                listener.run()
                core.registry.setListening(false)
            }
        } catch {
            core.registry.setListening(false)
            throw .noThread
        }
        return address
    }

    /// Takes no new connection, closes the idle ones, lets running requests finish and tells their clients to close. Blocks.
    ///
    /// - Returns: false where some were still running after `timeout`; those are cut off.
    package func drain(timeout: Duration) -> Bool {
        beginDrain()
        let isDone = core.registry.waitUntilOver(Deadline(after: timeout))
        if !isDone { core.registry.cutAll() }
        return isDone
    }

    /// Cuts every connection. A handler that is computing is not waited for; its answer goes nowhere.
    package func stop() {
        beginDrain()
        core.registry.cutAll()
    }

    private func beginDrain() {
        let isNew = state.exchange(.draining, ordering: .relaxed) != .draining
        guard isNew else { return }
        core.registry.isDraining = true
        core.drainWake.wake()
    }
}

import System

/// One client from accept to close, on a thread of its own.
final class Connection {
    private enum Ending: Error {
        /// Nothing was asked: the client closed, idled too long, or we drain.
        case quiet
        case clientGone
        case writeTimedOut
        /// The handler gave up in the middle of a stream: what it has sent arrives, the last chunk never does.
        case cutShort
        case refused(HTTPProtocolError)
    }

    private let stream: SocketStream
    private let server: HTTPServerCore
    private let monitor: ConnectionMonitor
    private let input = ConnectionInput()
    private var parser: HTTPRequestParser
    /// Whether a request has been answered on it.
    private var hasServed = false
    /// What answers an error in the body that is being read; nil outside of a body, and where the handler's `protocolError` does.
    private var failing: (@Sendable (HTTPProtocolError) -> HTTPResponse)?

    private var configuration: HTTPServerConfiguration { server.configuration }

    init(stream: SocketStream, peer: String, server: HTTPServerCore) {
        self.stream = stream
        self.server = server
        monitor = ConnectionMonitor(descriptor: stream.descriptor, peer: peer)
        parser = HTTPRequestParser(limits: server.configuration.limits)
    }

    func run() {
        do throws(Ending) {
            while try exchange(try readHead()) {}
            closeGently()
        } catch {
            end(error)
        }
    }

    // MARK: - Reading

    private func readHead() throws(Ending) -> HTTPRequestHead {
        var deadline = Deadline(after: hasServed ? configuration.idleTimeout : configuration.headerTimeout)
        var isIdle = true
        if hasServed, parser.isBetweenRequests, input.isEmpty { server.registry.note(stream.descriptor, .idle) }
        while true {
            if case .head(let head)? = try parse() {
                server.registry.note(stream.descriptor, .busy)
                return head
            }
            if isIdle, !parser.isBetweenRequests {
                isIdle = false
                server.registry.note(stream.descriptor, .busy)
                deadline = Deadline(after: configuration.headerTimeout)
            }
            switch stream.receive(
                into: input.free, until: deadline, pollFirst: true, wake: isIdle ? server.drainWake.readable : -1)
            {
            case .bytes(let count): input.filled(count)
            case .timedOut where !isIdle: throw .refused(.timedOut(.header))
            case .end where !isIdle, .failed where !isIdle: throw .clientGone
            case .end, .timedOut, .woken, .failed: throw .quiet
            }
        }
    }

    /// - Parameter lease: nil to drop the body as it comes.
    private func readBody(of head: HTTPRequestHead, lease: BodyLease?) throws(Ending) -> [UInt8] {
        let deadline = TransferDeadline(
            timeout: configuration.bodyTimeout, minBytesPerSecond: configuration.minBytesPerSecond)
        var body = lease.map { BodyBuffer(framing: head.framing, lease: $0) }
        var received = 0
        while true {
            let place = input.unread
            switch try parse() {
            case .body(let range):
                received += range.count
                try refusing { () throws(HTTPProtocolError) in try body?.append(place[range]) }
                continue
            case .end: return body?.bytes ?? []
            case .head, nil: break
            }
            // The first bytes come through the input buffer: who only announces a body has claimed nothing.
            let remaining = received > 0 ? parser.plainBodyBytesLeft : 0
            let until = deadline.after(received)
            let direct = try refusing { () throws(HTTPProtocolError) in
                remaining > 0 ? try body?.receive(from: stream, remaining: remaining, until: until) : nil
            }
            switch direct ?? stream.receive(into: input.free, until: until) {
            case .bytes(let count) where direct != nil:
                received += count
                parser.skipPlainBody(count)
            case .bytes(let count): input.filled(count)
            case .timedOut: throw .refused(.timedOut(.body))
            case .end, .failed, .woken: throw .clientGone
            }
        }
    }

    private func parse() throws(Ending) -> HTTPRequestParser.Event? {
        try refusing { () throws(HTTPProtocolError) in
            let step = try parser.next(input.unread)
            input.consume(step.consumed)
            return step.event
        }
    }

    private func refusing<Value>(_ body: () throws(HTTPProtocolError) -> Value) throws(Ending) -> Value {
        do throws(HTTPProtocolError) { return try body() } catch { throw .refused(error) }
    }

    // MARK: - Answering

    /// One request and its response. False: the connection is to be closed.
    private func exchange(_ head: HTTPRequestHead) throws(Ending) -> Bool {
        hasServed = true
        monitor.begin(head.version)
        switch server.handler.decide(head, connection: monitor) {
        case .answer(let response):
            // A client that waits for 100 Continue may or may not send its body now: only a close is unambiguous.
            let keeps = mayKeep(head) && isDroppable(head)
            try send(response, to: head, keeps: keeps)
            if keeps { _ = try readBody(of: head, lease: nil) }
            return keeps
        case .accept(let maxBytes, let failing, let respond):
            self.failing = failing
            try refusing { () throws(HTTPProtocolError) in try parser.limitBody(to: maxBytes, of: head) }
            if head.expectsContinue, head.hasBody, input.isEmpty { try send(ResponseHead.continueLine) }
            // Held until the answer has been sent: the handler may have made it out of the body.
            let lease = BodyLease(server.bodyBudget)
            defer { withExtendedLifetime(lease) {} }
            let body = try readBody(of: head, lease: lease)
            self.failing = nil
            let response = respond(HTTPRequest(head: head, body: body, connection: monitor, lease: lease))
            let keeps = mayKeep(head) && response.mayKeepConnection(head)
            try send(response, to: head, keeps: keeps)
            return keeps
        }
    }

    private func mayKeep(_ head: HTTPRequestHead) -> Bool { head.keepsAlive && !server.registry.isDraining }

    private func isDroppable(_ head: HTTPRequestHead) -> Bool {
        switch head.framing {
        case .none: true
        case .length(let length): length == 0 || (!head.expectsContinue && length <= configuration.maxDrainBytes)
        case .chunked: false
        }
    }

    private func send(_ response: HTTPResponse, to head: HTTPRequestHead?, keeps: Bool) throws(Ending) {
        let framing = response.framing(for: head)
        let bytes: [UInt8]
        do throws(HTTPProtocolError) {
            bytes = try ResponseHead(
                status: response.status, fields: response.fields, framing: framing,
                persistence: keeps ? (head?.version == .http10 ? .keepHTTP10 : .keep) : .close,
                date: HTTPDate.text(secondsSince1970: server.now())
            ).bytes()
        } catch {
            return try sendReplacement(of: response, to: head, keeps: keeps, error)
        }
        let hasBody = head?.method != "HEAD" && framing != .none
        switch response.body {
        case .bytes(let body): try send(bytes, hasBody ? body : [])
        case .stream(let write):
            monitor.responseBegins()
            try send(bytes)
            if hasBody { try sendStream(write, isChunked: framing == .chunked) }
        }
    }

    /// A response that must not be sent as it is becomes a 500 with the handler's own body for it, or with none.
    private func sendReplacement(
        of response: HTTPResponse, to head: HTTPRequestHead?, keeps: Bool, _ error: HTTPProtocolError
    ) throws(Ending) {
        if case .unsafeResponseField(let name) = error { server.onEvent(.unsafeResponseField(name: name)) }
        let body = server.handler.protocolError(error).bodyBytes ?? []
        try send(HTTPResponse(status: error.status, body: body), to: head, keeps: keeps)
    }

    private func sendStream(_ write: (BodyWriter) throws -> Void, isChunked: Bool) throws(Ending) {
        let writer = StreamWriter(isChunked: isChunked) { bytes throws(SocketStream.SendError) in
            try self.stream.send(bytes, deadline: self.writeDeadline)
        }
        do {
            try write(writer)
            try writer.finish()
        } catch SocketStream.SendError.timedOut {
            throw .writeTimedOut
        } catch SocketStream.SendError.clientGone {
            throw .clientGone
        } catch {
            throw isChunked ? .cutShort : .clientGone
        }
    }

    private func send(_ head: [UInt8], _ body: [UInt8] = []) throws(Ending) {
        do throws(SocketStream.SendError) {
            try stream.send(head, body, deadline: writeDeadline)
        } catch {
            throw error == .timedOut ? .writeTimedOut : .clientGone
        }
    }

    private var writeDeadline: TransferDeadline {
        TransferDeadline(timeout: configuration.writeTimeout, minBytesPerSecond: configuration.minBytesPerSecond)
    }

    // MARK: - Ending

    private func end(_ ending: Ending) {
        switch ending {
        case .quiet: break
        case .clientGone:
            server.onEvent(.clientGone(peer: monitor.peer))
            stream.closeWithReset()
        case .writeTimedOut:
            server.onEvent(.writeTimedOut(peer: monitor.peer))
            stream.closeWithReset()
        case .cutShort: closeGently()
        case .refused(let error):
            server.onEvent(.protocolError(error, peer: monitor.peer))
            let response = failing?(error) ?? server.handler.protocolError(error)
            guard (try? send(response, to: nil, keeps: false)) != nil else { return }
            closeGently()
        }
    }

    private func closeGently() {
        input.consume(input.unread.count)
        stream.closeGently(until: Deadline(after: configuration.lingerTimeout), scratch: input.free)
    }
}

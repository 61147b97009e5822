/// HTTP/1.1 requests out of a byte stream: a pure, incremental state machine.
///
/// It owns no input, reads no clock and never looks at a byte twice, so that its time is linear in the input, and input cut
/// anywhere gives the same events. After an error it gives that error for ever: what follows a message that we did not
/// understand is never taken for another.
package struct HTTPRequestParser: Sendable {
    /// What the parser has found in the input.
    package enum Event: Sendable, Equatable {
        /// A whole header, checked. `limitBody` may be called now.
        case head(HTTPRequestHead)
        /// The place of body bytes in the input.
        case body(Range<Int>)
        /// The request is complete; the next byte begins another.
        case end
    }

    /// What one call of `next` did.
    package struct Step: Sendable {
        /// Bytes taken from the front of the input; not to be given again.
        package let consumed: Int
        /// What was found; nil: all input is consumed and more is needed.
        package let event: Event?
    }

    private enum Phase: Sendable {
        case head
        case length(remaining: Int)
        case chunked
        case finished
        case failed(HTTPProtocolError)
    }

    /// Longest method that is read: far more than any registered one has.
    package static let maxMethodBytes = 32

    private let limits: HTTPParserLimits
    private var phase = Phase.head
    private var scanner = HeadScanner()
    private var chunks = ChunkedDecoder()
    private var maxBodyBytes = Int.max

    /// A parser before the first byte of a connection.
    package init(limits: HTTPParserLimits = HTTPParserLimits()) { self.limits = limits }

    /// Whether no byte of a request has been read since the last one ended.
    package var isBetweenRequests: Bool {
        if case .head = phase { !scanner.hasStarted } else { false }
    }

    /// How many of the next bytes are body and nothing else: they may be received elsewhere and told to `skipPlainBody`.
    package var plainBodyBytesLeft: Int {
        if case .length(let remaining) = phase { remaining } else { 0 }
    }

    /// Tells that the next `count` body bytes were received elsewhere; at most `plainBodyBytesLeft`.
    package mutating func skipPlainBody(_ count: Int) {
        let left = plainBodyBytesLeft
        precondition((0...left).contains(count))
        if count > 0 { phase = count == left ? .finished : .length(remaining: left - count) }
    }

    /// Reads up to the next event. Call it with what the last step left, until `event` is nil.
    ///
    /// - Throws: `HTTPProtocolError`, and the same one again at every later call.
    package mutating func next(_ input: UnsafeRawBufferPointer) throws(HTTPProtocolError) -> Step {
        do {
            return try advance(input)
        } catch {
            phase = .failed(error)
            throw error
        }
    }

    /// Sets the limit of the body whose head has just been given; without it there is none.
    package mutating func limitBody(to maxBytes: Int, of head: HTTPRequestHead) throws(HTTPProtocolError) {
        maxBodyBytes = maxBytes
        guard case .length(let length) = head.framing, length > maxBytes else { return }
        let error = HTTPProtocolError.bodyTooLarge(limit: maxBytes, actual: length)
        phase = .failed(error)
        throw error
    }

    private mutating func advance(_ input: UnsafeRawBufferPointer) throws(HTTPProtocolError) -> Step {
        switch phase {
        case .head:
            let (consumed, isComplete) = try scanner.scan(input, limits: limits)
            return Step(consumed: consumed, event: isComplete ? .head(try finishHead()) : nil)
        case .length(let remaining):
            let count = min(remaining, input.count)
            if count == 0 { return Step(consumed: 0, event: nil) }
            skipPlainBody(count)
            return Step(consumed: count, event: .body(0..<count))
        case .chunked:
            let (consumed, event) = try chunks.next(input, limits: limits, maxBytes: maxBodyBytes)
            if case .body(let range) = event { return Step(consumed: consumed, event: .body(range)) }
            if event == .end { reset() }
            return Step(consumed: consumed, event: event == .end ? .end : nil)
        case .finished:
            reset()
            return Step(consumed: 0, event: .end)
        case .failed(let error):
            throw error
        }
    }

    private mutating func finishHead() throws(HTTPProtocolError) -> HTTPRequestHead {
        let head = try HTTPRequestHead(scanner)
        switch head.framing {
        case .none, .length(0): phase = .finished
        case .length(let length): phase = .length(remaining: length)
        case .chunked: phase = .chunked
        }
        return head
    }

    private mutating func reset() {
        phase = .head
        scanner = HeadScanner()
        chunks = ChunkedDecoder()
        maxBodyBytes = .max
    }
}

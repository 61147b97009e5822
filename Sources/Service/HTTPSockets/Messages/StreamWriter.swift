/// Frames a streamed body: chunks of RFC 9112, 7.1, or plain bytes up to the close for HTTP/1.0.
final class StreamWriter: BodyWriter {
    private let isChunked: Bool
    private let send: ([UInt8]) throws(SocketStream.SendError) -> Void

    init(isChunked: Bool, send: @escaping ([UInt8]) throws(SocketStream.SendError) -> Void) {
        self.isChunked = isChunked
        self.send = send
    }

    func write(_ bytes: [UInt8]) throws {
        // An empty chunk would be the last one.
        if bytes.isEmpty { return }
        try send(isChunked ? Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A] : bytes)
    }

    func finish() throws(SocketStream.SendError) {
        if isChunked { try send(Array("0\r\n\r\n".utf8)) }
    }
}

extension HTTPResponse {
    func framing(for head: HTTPRequestHead?) -> ResponseHead.Framing {
        if status == 204 || status == 304 { return .none }
        switch body {
        case .bytes(let bytes): return .length(bytes.count)
        case .stream: return head?.version == .http10 ? .untilClose : .chunked
        }
    }

    /// A body that ends with the connection needs its end.
    func mayKeepConnection(_ head: HTTPRequestHead) -> Bool { framing(for: head) != .untilClose }
}

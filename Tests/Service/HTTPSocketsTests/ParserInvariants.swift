import HTTPSockets

/// What must hold for any bytes whatever; nil where it does. Shared by the fuzz target and the test that replays its corpus.
func brokenInvariant(of bytes: [UInt8]) -> String? {
    let limits = HTTPParserLimits(
        maxHeaderBytes: 512, maxHeaderCount: 8, maxTargetBytes: 64, maxChunkExtensionBytes: 32, maxTrailerBytes: 64)
    // `parse` itself checks that no step consumes more than it was given.
    let whole = parse(bytes, limits: limits)
    for pieces in [1, 2, 3 + bytes.count / 3] where parse(bytes, pieces: pieces, limits: limits) != whole {
        return "cut into pieces of \(pieces) it is read otherwise"
    }
    for case .request(let head, let body) in whole {
        if let broken = brokenInvariant(of: head, body, limits) { return broken }
    }
    return nil
}

private func brokenInvariant(of head: HTTPRequestHead, _ body: [UInt8], _ limits: HTTPParserLimits) -> String? {
    let texts =
        [head.method, head.target, head.path, head.query ?? ""] + head.headers.all.flatMap { [$0.name, $0.value] }
    if texts.contains(where: { $0.utf8.contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F } }) {
        return "a control character got through"
    }
    if head.method.utf8.count > HTTPRequestParser.maxMethodBytes || head.target.utf8.count > limits.maxTargetBytes
        || head.headers.all.count > limits.maxHeaderCount
    {
        return "a limit did not hold"
    }
    if !head.path.hasPrefix("/") && head.path != "*" { return "a path that is none: \(head.path)" }
    switch head.framing {
    case .none where !body.isEmpty: return "a body without framing"
    case .length(let length) where length != body.count: return "a body of another length"
    default: break
    }
    return head.framing != .chunked && parse(rendered(head) + body) != [.request(head, body: body)]
        ? "written again it is read otherwise" : nil
}

/// The head as a client would write it. (Invalid UTF-8 in a value has become U+FFFD, and stays so.)
private func rendered(_ head: HTTPRequestHead) -> [UInt8] {
    let version = head.version == .http10 ? "HTTP/1.0" : "HTTP/1.1"
    let fields = head.headers.all.map { "\($0.name): \($0.value)\r\n" }.joined()
    return Array("\(head.method) \(head.target) \(version)\r\n\(fields)\r\n".utf8)
}

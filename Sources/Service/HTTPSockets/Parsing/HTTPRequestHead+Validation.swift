import Bytes

/// The rules that need the whole header: version, target, Host, the body's framing, expectations.
extension HTTPRequestHead {
    init(_ scanner: HeadScanner) throws(HTTPProtocolError) {
        let bytes = scanner.bytes
        let method = String(decoding: bytes[scanner.methodStart..<scanner.methodEnd], as: UTF8.self)
        let target = String(decoding: bytes[(scanner.methodEnd + 1)..<scanner.targetEnd], as: UTF8.self)
        let version = try HTTPRequestHead.version(bytes[(scanner.targetEnd + 1)..<scanner.versionEnd])
        let headers = HTTPFields(scanner.fields.map { HTTPRequestHead.field($0, bytes) })
        let (path, query) = try HTTPRequestHead.split(target, method: method)
        try HTTPRequestHead.checkHost(headers, version)
        self.init(
            method: method, target: target, path: path, query: query, version: version, headers: headers,
            framing: try HTTPRequestHead.framing(headers, version),
            expectsContinue: try HTTPRequestHead.expectsContinue(headers, version))
    }

    private static func field(_ mark: HeadScanner.FieldMark, _ bytes: [UInt8]) -> HTTPFields.Field {
        var (start, end) = (mark.nameEnd + 1, mark.end)
        while start < end, bytes[start] == .space || bytes[start] == .tab { start += 1 }
        while end > start, bytes[end - 1] == .space || bytes[end - 1] == .tab { end -= 1 }
        return HTTPFields.Field(
            name: String(decoding: bytes[mark.start..<mark.nameEnd], as: UTF8.self),
            value: String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private static func version(_ text: ArraySlice<UInt8>) throws(HTTPProtocolError) -> Version {
        let digits = text.dropFirst(5)
        guard text.prefix(5).elementsEqual("HTTP/".utf8), digits.count == 3, let major = digits.first,
            let minor = digits.last, major.isDigit, minor.isDigit, digits.dropFirst().first == UInt8(ascii: ".")
        else { throw .badVersion }
        guard major == UInt8(ascii: "1") else { throw .unsupportedVersion(String(decoding: text, as: UTF8.self)) }
        return minor == UInt8(ascii: "0") ? .http10 : .http11
    }

    /// RFC 9112, 3.2: origin form, absolute form (its authority wins over Host, and we need neither), or `*`.
    private static func split(
        _ target: String, method: String
    ) throws(HTTPProtocolError) -> (path: String, query: String?) {
        if target == "*", method == "OPTIONS" { return ("*", nil) }
        var rest = Substring(target)
        if !rest.utf8.starts(with: "/".utf8) {
            guard let scheme = ["http://", "https://"].first(where: { rest.prefix($0.count).equalsIgnoringCase($0) })
            else { throw .badTarget }
            rest = rest.dropFirst(scheme.count)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            guard isHost(rest[..<end]) else { throw .badTarget }
            rest = rest[end...]
        }
        guard let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            return (rest.isEmpty ? "/" : String(rest), nil)
        }
        return (rest.startIndex == mark ? "/" : String(rest[..<mark]), String(rest[rest.utf8.index(after: mark)...]))
    }

    private static func checkHost(_ headers: HTTPFields, _ version: Version) throws(HTTPProtocolError) {
        let hosts = headers.values("Host")
        if hosts.count > 1 { throw .repeatedHost }
        guard let host = hosts.first else {
            if version == .http11 { throw .missingHost }
            return
        }
        guard isHost(Substring(host)) else { throw .badHost }
    }

    /// `host [":" port]`: a name, an IPv4 address, or an IPv6 address in brackets; a port up to 65535, which may be empty.
    private static func isHost(_ text: Substring) -> Bool {
        var bytes = text.utf8[...]
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = bytes[bytes.index(after: bytes.startIndex)..<end]
            guard !address.isEmpty,
                address.allSatisfy({ HexDigit.value($0) != nil || ":.".utf8.contains($0) })
            else { return false }
            bytes = bytes[bytes.index(after: end)...]
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            guard end > bytes.startIndex, bytes[..<end].allSatisfy({ $0.isToken || "(),;=".utf8.contains($0) })
            else { return false }
            bytes = bytes[end...]
        }
        guard let colon = bytes.first else { return true }
        let port = bytes.dropFirst()
        guard colon == UInt8(ascii: ":"), port.count <= 5, port.allSatisfy(\.isDigit) else { return false }
        return port.isEmpty || UInt16(String(decoding: port, as: UTF8.self)) != nil
    }

    /// RFC 9112, 6.3, at its strictest: one plain Content-Length, or exactly `chunked`, or neither.
    private static func framing(_ headers: HTTPFields, _ version: Version) throws(HTTPProtocolError) -> Framing {
        let lengths = headers.values("Content-Length")
        let codings = headers.values("Transfer-Encoding")
        if let coding = codings.first {
            if !lengths.isEmpty { throw .contentLengthWithTransferEncoding }
            guard codings.count == 1, version == .http11, coding.equalsIgnoringCase("chunked") else {
                throw .badTransferEncoding(String(codings.joined(separator: ", ").prefix(100)))
            }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        if lengths.count > 1 { throw .repeatedContentLength }
        guard !length.isEmpty, length.utf8.allSatisfy(\.isDigit) else {
            throw .badContentLength(String(length.prefix(100)))
        }
        // More than fits is more than any limit.
        return .length(Int(length) ?? .max)
    }

    private static func expectsContinue(
        _ headers: HTTPFields, _ version: Version
    ) throws(HTTPProtocolError) -> Bool {
        guard version == .http11, let expectation = headers["Expect"] else { return false }
        guard expectation.equalsIgnoringCase("100-continue"), headers.values("Expect").count == 1 else {
            throw .unknownExpectation(String(expectation.prefix(100)))
        }
        return true
    }
}

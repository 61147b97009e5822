import HTTPSockets
import TestSupport
import Testing

@Suite struct HTTPRequestParserTests {
    private let get = "GET /a/b?c=d&e HTTP/1.1\r\nHost: example.org\r\nAccept:  text/plain \t\r\nX: 1\r\nx: 2\r\n\r\n"

    @Test func splitsARequestIntoItsParts() throws {
        let items = parse(get)
        guard case .request(let head, let body)? = items.first, items.count == 1 else {
            Issue.record("\(items)")
            return
        }
        #expect(head.method == "GET" && head.target == "/a/b?c=d&e" && head.path == "/a/b" && head.query == "c=d&e")
        #expect(head.version == .http11 && head.framing == .none && body.isEmpty && head.keepsAlive)
        #expect(head.headers["accept"] == "text/plain" && head.headers.values("X") == ["1", "2"])
    }

    @Test(
        arguments: [
            ("/", "/", nil), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"), ("http://h/p?q", "/p", "q"),
            ("HTTP://h:80", "/", nil),
            ("https://[::1]:9/x", "/x", nil), ("http://h?q", "/", "q"), ("/%00%2e", "/%00%2e", nil),
        ] as [(String, String, String?)])
    func findsPathAndQuery(target: String, path: String, query: String?) {
        guard case .request(let head, _)? = parse("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n").first else {
            Issue.record("refused \(target)")
            return
        }
        #expect(head.path == path && head.query == query && head.target == target)
    }

    @Test func readsBodiesByLengthAndByChunks() {
        let text =
            "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
            + "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
            + "3;name=\"a b\"\r\nhel\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
            + "POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n\r\nGET /4 HTTP/1.0\r\n\r\n"
        let bodies = parse(text).map { item in
            if case .request(let head, let body) = item {
                head.path + " " + String(decoding: body, as: UTF8.self)
            } else {
                "\(item)"
            }
        }
        #expect(bodies == ["/1 hello", "/2 hel0123456789", "/3 ", "/4 "])
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func cuttingTheInputChangesNothing(pieces: Int) {
        for row in hostileRequests {
            let whole = parse(row.bytes)
            #expect(parse(row.bytes, pieces: pieces) == whole, "\(row.name)")
        }
    }

    @Test func persistenceFollowsVersionAndConnection() {
        let cases = [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: x, CLOSE\r\n", false), ("HTTP/1.0", "", false),
            ("HTTP/1.0", "Connection: Keep-Alive\r\n", true), ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
            ("HTTP/1.9", "", true),
        ]
        for (version, field, keeps) in cases {
            guard case .request(let head, _)? = parse("GET / \(version)\r\nHost: h\r\n\(field)\r\n").first else {
                Issue.record("refused \(version) \(field)")
                continue
            }
            #expect(head.keepsAlive == keeps, "\(version) \(field)")
        }
    }

    @Test func limitsAreExact() {
        let header = "GET /12345678 HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n"
        func limits(bytes: Int = 1000, count: Int = 10, target: Int = 100) -> HTTPParserLimits {
            HTTPParserLimits(maxHeaderBytes: bytes, maxHeaderCount: count, maxTargetBytes: target)
        }
        for pieces in [1, 5, Int.max] {
            #expect(parse(header, pieces: pieces, limits: limits(bytes: header.utf8.count)).count == 1)
            #expect(
                parse(header, pieces: pieces, limits: limits(bytes: header.utf8.count - 1))
                    == [.error(.headerTooLarge(limit: header.utf8.count - 1))])
            #expect(parse(header, pieces: pieces, limits: limits(count: 1)) == [.error(.tooManyFields(limit: 1))])
            #expect(parse(header, pieces: pieces, limits: limits(target: 9)).count == 1)
            #expect(parse(header, pieces: pieces, limits: limits(target: 8)) == [.error(.targetTooLong(limit: 8))])
            #expect(parse(header, pieces: pieces, limits: limits(bytes: 10)) == [.error(.targetTooLong(limit: 100))])
        }
    }

    @Test func aBodyOverItsLimitIsRefusedBeforeItIsRead() throws {
        func firstError(_ text: String, limit: Int) -> HTTPProtocolError? {
            var parser = HTTPRequestParser()
            var rest = Array(text.utf8)[...]
            while true {
                do throws(HTTPProtocolError) {
                    let bytes = Array(rest)
                    let result = bytes.withUnsafeBytes { input in
                        Result { () throws(HTTPProtocolError) in try parser.next(input) }
                    }
                    let step = try result.get()
                    rest = rest.dropFirst(step.consumed)
                    if case .head(let head) = step.event { try parser.limitBody(to: limit, of: head) }
                    if step.event == nil { return nil }
                } catch {
                    return error
                }
            }
        }
        let length = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"
        #expect(firstError(length, limit: 10) == .bodyTooLarge(limit: 10, actual: 11))
        #expect(firstError(length, limit: 11) == nil)
        let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n7\r\n"
        #expect(firstError(chunked, limit: 10) == .bodyTooLarge(limit: 10, actual: nil))
        #expect(firstError(chunked, limit: 11) == nil)
        #expect(firstError(chunked + "FFFFFFFFFFFFFFF\r\n", limit: 11) == .badChunkEnd)
    }

    @Test func anErrorIsForEver() {
        var parser = HTTPRequestParser()
        let bytes = Array("GET\n / HTTP/1.1\r\n\r\n".utf8)
        for input in [bytes, Array(get.utf8)] {
            #expect(throws: HTTPProtocolError.bareLineFeed) {
                try input.withUnsafeBytes { _ = try parser.next($0) }
            }
        }
    }
}

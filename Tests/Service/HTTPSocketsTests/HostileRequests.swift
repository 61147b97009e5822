import Testing

/// Bytes from a client, and what the server must make of them.
struct HostileRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// The statuses of all answers, in order.
    let statuses: [Int]
    /// Whether the connection is closed after the last of them.
    let closes: Bool

    init(_ name: String, _ text: String, _ statuses: [Int], closes: Bool? = nil) {
        self.init(name, Array(text.utf8), statuses, closes: closes)
    }

    init(_ name: String, _ bytes: [UInt8], _ statuses: [Int], closes: Bool? = nil) {
        self.name = name
        self.bytes = bytes
        self.statuses = statuses
        self.closes = closes ?? (statuses.last != 200)
    }

    var testDescription: String { name }
}

private let line = "GET /hello HTTP/1.1\r\n"
private let host = "Host: h\r\n"
private let post = "POST /echo HTTP/1.1\r\nHost: h\r\n"
private let smuggled = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"

private func get(_ fields: String) -> String { line + host + fields + "\r\n" }

private func post(_ fields: String, _ body: String = "") -> String { post + fields + "\r\n" + body }

private func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked\r\n", body) }

let hostileRequests: [HostileRequest] =
    wellFormed + requestLines + fieldLines + hosts + bodyLengths + transferCodings + chunkedBodies + limits + routes

private let wellFormed = [
    HostileRequest("plain", get(""), [200]),
    HostileRequest("lower-case names", line + "host: h\r\naccept: */*\r\n\r\n", [200]),
    HostileRequest("empty value", get("X:\r\n"), [200]),
    HostileRequest("obs-text in a value", get("X: \u{FC}\r\n"), [200]),
    HostileRequest("empty line first", "\r\n\r\n" + get(""), [200]),
    HostileRequest("two in one packet", get("") + get(""), [200, 200]),
    HostileRequest("close asked for", get("Connection: close\r\n") + smuggled, [200], closes: true),
    HostileRequest("HTTP/1.0", "GET /hello HTTP/1.0\r\n\r\n", [200], closes: true),
    HostileRequest("HTTP/1.0 kept", "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [200]),
    HostileRequest("absolute target", "GET http://h/hello HTTP/1.1\r\nHost: other\r\n\r\n", [200]),
    HostileRequest("a body on GET", get("Content-Length: 2\r\n") + "hi" + smuggled, [200, 200]),
    HostileRequest("length with zeros", post("Content-Length: 0002\r\n", "hi"), [200]),
    HostileRequest("chunks", chunked("2\r\nhi\r\n0\r\n\r\n"), [200]),
    HostileRequest(
        "chunk extensions of every form",
        chunked("2;a;b=c; d = \"e;\\\"\"\t;f\r\nhi\r\n0;g\r\n\r\n"), [200]),
    HostileRequest("largest port", line + "Host: h:65535\r\n\r\n", [200]),
    HostileRequest("chunk extension and trailer", chunked("2;a=\"b\"\r\nhi\r\n0\r\nX: y\r\n\r\n"), [200]),
]

private let requestLines = [
    HostileRequest("space in method", "GE T /hello HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("no token as method", "G(T /hello HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("method missing", " /hello HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("method endless", String(repeating: "A", count: 100), [400]),
    HostileRequest("two spaces", "GET  /hello HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("tab as separator", "GET\t/hello HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("relative target", "GET hello HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("other scheme", "GET ftp://h/ HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("fragment", "GET /hello#x HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("control in target", "GET /he\u{1}llo HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("raw UTF-8 in target", "GET /h\u{E9}llo HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("asterisk with GET", "GET * HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("CONNECT", "CONNECT h:80 HTTP/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("HTTP/0.9", "GET /hello\r\n\r\n", [400]),
    HostileRequest("no version", "GET /hello \r\n\(host)\r\n", [400]),
    HostileRequest("version in small letters", "GET /hello http/1.1\r\n\(host)\r\n", [400]),
    HostileRequest("version without dot", "GET /hello HTTP/11\r\n\(host)\r\n", [400]),
    HostileRequest("version with more", "GET /hello HTTP/1.1 x\r\n\(host)\r\n", [400]),
    HostileRequest("version of three digits", "GET /hello HTTP/1.10\r\n\(host)\r\n", [400]),
    HostileRequest("HTTP/2.0", "GET /hello HTTP/2.0\r\n\(host)\r\n", [505]),
    HostileRequest("TLS hello", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01], [400]),
]

private let fieldLines = [
    HostileRequest("bare LF in request line", "GET /hello HTTP/1.1\n\(host)\r\n", [400]),
    HostileRequest("bare LF in field", line + "Host: h\n\r\n", [400]),
    HostileRequest("bare LF as last line", line + host + "\n", [400]),
    HostileRequest("CR without LF", get("X: a\rb\r\n"), [400]),
    HostileRequest("CR CR LF", get("X: a\r\r\n"), [400]),
    HostileRequest("NUL in value", get("X: a\0b\r\n"), [400]),
    HostileRequest("DEL in value", get("X: a\u{7F}b\r\n"), [400]),
    HostileRequest("escape in value", get("X: \u{1B}[31m\r\n"), [400]),
    HostileRequest("folded", get("X: a\r\n b\r\n"), [400]),
    HostileRequest("folded first", line + " " + host + "\r\n", [400]),
    HostileRequest("space before colon", get("Content-Length : 2\r\n"), [400]),
    HostileRequest("tab before colon", get("X\t: 2\r\n"), [400]),
    HostileRequest("space in name", get("X Y: 2\r\n"), [400]),
    HostileRequest("empty name", get(": 2\r\n"), [400]),
    HostileRequest("no colon", get("Nothing\r\n"), [400]),
    HostileRequest("NUL in name", get("X\0: 2\r\n"), [400]),
    HostileRequest("UTF-8 in name", get("\u{DC}: 2\r\n"), [400]),
]

private let hosts = [
    HostileRequest("no Host", line + "\r\n", [400]),
    HostileRequest("two Hosts", line + host + host + "\r\n", [400]),
    HostileRequest("two in HTTP/1.0", "GET /hello HTTP/1.0\r\n\(host)\(host)\r\n", [400]),
    HostileRequest("empty Host", line + "Host: \r\n\r\n", [400]),
    HostileRequest("user in Host", line + "Host: u@h\r\n\r\n", [400]),
    HostileRequest("path in Host", line + "Host: h/x\r\n\r\n", [400]),
    HostileRequest("list in Host", line + "Host: h h\r\n\r\n", [400]),
    HostileRequest("port out of range", line + "Host: h:65536\r\n\r\n", [400]),
    HostileRequest("bad port", line + "Host: h:8x\r\n\r\n", [400]),
    HostileRequest("open bracket", line + "Host: [::1\r\n\r\n", [400]),
    HostileRequest("IPv6 Host", line + "Host: [::1]:8080\r\n\r\n", [200]),
]

private let bodyLengths = [
    HostileRequest("conflicting lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "hi\r\n"), [400]),
    HostileRequest("repeated length", post("Content-Length: 2\r\nContent-Length: 2\r\n", "hi"), [400]),
    HostileRequest("listed length", post("Content-Length: 2, 2\r\n", "hi"), [400]),
    HostileRequest("signed length", post("Content-Length: +2\r\n", "hi"), [400]),
    HostileRequest("negative length", post("Content-Length: -2\r\n", "hi"), [400]),
    HostileRequest("spaced length", post("Content-Length: 1 0\r\n", "hi"), [400]),
    HostileRequest("hexadecimal length", post("Content-Length: 0x2\r\n", "hi"), [400]),
    HostileRequest("fraction as length", post("Content-Length: 2.0\r\n", "hi"), [400]),
    HostileRequest("Arabic digits", post("Content-Length: \u{662}\r\n", "hi"), [400]),
    HostileRequest("empty length", post("Content-Length:\r\n", "hi"), [400]),
    HostileRequest("length over Int64", post("Content-Length: 18446744073709551618\r\n", "hi"), [413]),
]

private let transferCodings = [
    HostileRequest(
        "both framings", post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled), [400]),
    HostileRequest(
        "both, other order", post("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n" + smuggled), [400]),
    HostileRequest("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), [400]),
    HostileRequest("chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), [400]),
    HostileRequest("identity", post("Transfer-Encoding: identity\r\n", ""), [400]),
    HostileRequest("xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), [400]),
    HostileRequest("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), [400]),
    HostileRequest("vertical tab", post("Transfer-Encoding: \u{B}chunked\r\n", "0\r\n\r\n"), [400]),
    HostileRequest(
        "twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), [400]),
    HostileRequest(
        "in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
]

private let chunkedBodies = [
    HostileRequest("extension without a name", chunked("2;\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("extension without a value", chunked("2;a=\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("blank behind an extension", chunked("2;a \r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("extension that is no token", chunked("2;a(b)\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("two values", chunked("2;a=b=c\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("quotes that do not close", chunked("2;a=\"b\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("text behind quotes", chunked("2;a=\"b\"c\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("no size", chunked("\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("signed size", chunked("+2\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("0x size", chunked("0x2\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("space before size", chunked(" 2\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("space after size", chunked("2 \r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("size too long", chunked(String(repeating: "0", count: 16) + "2\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("size overflows", chunked("FFFFFFFFFFFFFFFFF\r\n"), [400]),
    HostileRequest("size over the limit", chunked("FFFFFFFFFFFFFF\r\n"), [413]),
    HostileRequest("LF after size", chunked("2\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("CR in extension", chunked("2;a\rb\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest("LF in extension", chunked("2;a\nb\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest(
        "long extension", chunked("2;" + String(repeating: "a", count: 5000) + "\r\nhi\r\n0\r\n\r\n"), [400]),
    HostileRequest(
        "many extensions", chunked(String(repeating: "1;aaaaaaaaa\r\nx\r\n", count: 500) + "0\r\n\r\n"), [400]),
    HostileRequest("chunk too long", chunked("2\r\nhi!\r\n0\r\n\r\n"), [400]),
    HostileRequest("chunk ended by LF", chunked("2\r\nhi\n0\r\n\r\n"), [400]),
    HostileRequest("trailer without colon", chunked("0\r\nx\r\n\r\n"), [400]),
    HostileRequest("folded trailer", chunked("0\r\nx: y\r\n z\r\n\r\n"), [400]),
    HostileRequest("NUL in trailer", chunked("0\r\nx: \0\r\n\r\n"), [400]),
    HostileRequest(
        "long trailers", chunked("0\r\n" + String(repeating: "X: y\r\n", count: 2000) + "\r\n"), [431]),
]

private let limits = [
    HostileRequest("long target", "GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\n\(host)\r\n", [414]),
    HostileRequest("endless target", "GET /" + String(repeating: "a", count: 100_000), [414]),
    HostileRequest("large field", get("X: " + String(repeating: "a", count: 40_000) + "\r\n"), [431]),
    HostileRequest("endless field of 256 KiB", line + "X: " + String(repeating: "a", count: 256 << 10), [431]),
    HostileRequest("endless name", line + String(repeating: "a", count: 100_000), [431]),
    HostileRequest("many fields", get(String(repeating: "X: y\r\n", count: 101)), [431]),
    HostileRequest("endless empty lines", String(repeating: "\r\n", count: 50_000), [431]),
    HostileRequest("body over the limit", post("Content-Length: 1048577\r\n", "hi"), [413]),
]

private let routes = [
    HostileRequest(
        "unread small body", "POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 52\r\n\r\n" + pad(smuggled, 52),
        [401], closes: false),
    HostileRequest(
        "unread large body", "POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n" + smuggled, [401]),
    HostileRequest(
        "unread chunks", "POST /refused HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled, [401]),
    HostileRequest(
        "unread expected body",
        "POST /refused HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n" + smuggled, [401]),
    HostileRequest("unknown expectation", post("Expect: 200-ok\r\nContent-Length: 2\r\n", "hi"), [417]),
    HostileRequest("injected field", "GET /inject HTTP/1.1\r\n\(host)\r\n", [500], closes: false),
]

private func pad(_ text: String, _ count: Int) -> String {
    text + String(repeating: " ", count: count - text.utf8.count)
}

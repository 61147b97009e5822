/// Writes the status line and fields of a response: pure.
struct ResponseHead {
    enum Framing: Equatable {
        /// 204 and 304, which have no body by definition.
        case none
        case length(Int)
        case chunked
        case untilClose
    }

    enum Persistence { case keep, keepHTTP10, close }

    var status: Int
    var fields: HTTPFields
    var framing: Framing
    var persistence: Persistence
    var date: String

    static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    static let processingLine = Array("HTTP/1.1 102 Processing\r\n\r\n".utf8)

    private static let serverOwned = ["Date", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive"]

    /// Throws `unsafeResponseField` for a name that is no token or a value with a control character: such a field could
    /// end the header early and forge another message.
    func bytes() throws(HTTPProtocolError) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(256)
        text.append(contentsOf: "HTTP/1.1 \(status) \(ResponseHead.reason(status))\r\nDate: \(date)\r\n".utf8)
        for field in fields.all {
            if ResponseHead.serverOwned.contains(where: field.name.equalsIgnoringCase) { continue }
            guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isToken),
                field.value.utf8.allSatisfy(\.isFieldValue)
            else { throw .unsafeResponseField(name: field.name) }
            text.append(contentsOf: field.name.utf8)
            text.append(contentsOf: ": ".utf8)
            text.append(contentsOf: field.value.utf8)
            text.append(contentsOf: "\r\n".utf8)
        }
        switch framing {
        case .none, .untilClose: break
        case .length(let length): text.append(contentsOf: "Content-Length: \(length)\r\n".utf8)
        case .chunked: text.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        }
        switch persistence {
        case .keep: break
        case .keepHTTP10: text.append(contentsOf: "Connection: keep-alive\r\n".utf8)
        case .close: text.append(contentsOf: "Connection: close\r\n".utf8)
        }
        text.append(contentsOf: "\r\n".utf8)
        return text
    }

    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}

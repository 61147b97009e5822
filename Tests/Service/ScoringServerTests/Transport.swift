import TestSupport
import Foundation
import HTTPSockets
import JSONValues
import ScoringServer

/// What came back, whichever way the request went.
struct Reply: Sendable {
    var status: Int
    var fields: HTTPFields
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    func json() throws -> JSONObject {
        guard case .object(let object) = try JSONValue(parsing: body) else { throw NotAnObject() }
        return object
    }

    struct NotAnObject: Error {}
}

/// Two ways to the same handler; a test's body runs over both.
enum Transport: String, CaseIterable, Sendable { case inProcess, live }

/// Sends requests to a service. Blocks: call from `onThread`.
struct Caller: Sendable {
    let handler: ServiceHandler
    /// Nil: straight into the handler.
    let port: Int?

    func get(_ path: String, _ fields: [String: String] = [:]) throws -> Reply { try send("GET", path, fields) }

    func post(_ path: String, _ json: String, _ fields: [String: String] = [:]) throws -> Reply {
        try send("POST", path, ["Content-Type": "application/json"].merging(fields) { $1 }, Array(json.utf8))
    }

    func put(_ path: String, _ json: String) throws -> Reply {
        try send("PUT", path, ["Content-Type": "application/json"], Array(json.utf8))
    }

    func send(
        _ method: String, _ path: String, _ fields: [String: String] = [:], _ body: [UInt8] = []
    ) throws -> Reply {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if !body.isEmpty || method == "POST" { text += "Content-Length: \(body.count)\r\n" }
        let head = Array((text + "\r\n").utf8)
        guard let port else { return try inProcess(head, body) }
        return try LiveExchange.run(port: port, bytes: head + body)
    }

    private func inProcess(_ bytes: [UInt8], _ body: [UInt8]) throws -> Reply {
        let head = try RequestParsing.head(bytes)
        let connection = ConnectionMonitor(detachedPeer: "test")
        let response: HTTPResponse
        switch handler.decide(head, connection: connection) {
        case .answer(let answer): response = answer
        case .accept(let maxBytes, let failing, _) where body.count > maxBytes:
            let error = HTTPProtocolError.bodyTooLarge(limit: maxBytes, actual: body.count)
            response = failing?(error) ?? handler.protocolError(error)
        case .accept(_, _, let respond):
            response = respond(HTTPRequest(head: head, body: body, connection: connection))
        }
        var sent = response.bodyBytes ?? []
        if case .stream(let write) = response.body {
            let writer = CollectingWriter()
            try write(writer)
            sent = writer.bytes
        }
        return Reply(
            status: response.status, fields: response.fields, body: head.method == "HEAD" ? [] : sent)
    }

    private final class CollectingWriter: BodyWriter {
        var bytes: [UInt8] = []
        func write(_ bytes: [UInt8]) { self.bytes += bytes }
    }
}

/// One request over a socket of its own.
enum LiveExchange {
    struct Failure: Error { let reason: String }

    static func run(port: Int, bytes: [UInt8]) throws -> Reply {
        let descriptor = try LoopbackSocket.connect(port: port)
        defer { close(descriptor) }
        LoopbackSocket.write(descriptor, bytes)
        return try reply(read(descriptor))
    }

    /// What arrives next, as text; nil at the end, and where the connection was cut.
    static func receive(_ descriptor: Int32, atMost bytes: Int = 65_536) -> String? {
        var buffer = [UInt8](repeating: 0, count: bytes)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    private static func read(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { all += buffer[..<count] }
        return all
    }

    private static func reply(_ bytes: [UInt8]) throws -> Reply {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw Failure(reason: "no header in \(bytes.count) bytes")
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var fields: HTTPFields = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields.append(String(parts[0]), String(parts.last?.drop { $0 == " " } ?? ""))
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        var body = Array(bytes[end.upperBound...])
        if fields["Transfer-Encoding"] == "chunked" { body = try unchunked(body) }
        return Reply(status: status ?? 0, fields: fields, body: body)
    }

    private static func unchunked(_ bytes: [UInt8]) throws -> [UInt8] {
        var rest = bytes[...]
        var body: [UInt8] = []
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16) ?? 0
            if size == 0 { return body }
            body += rest[line.upperBound...].prefix(size)
            rest = rest[line.upperBound...].dropFirst(size + 2)
        }
        throw Failure(reason: "a chunked body without its last chunk")
    }
}

/// The head of a request as the server's own parser reads it.
enum RequestParsing {
    struct Incomplete: Error {}

    static func head(_ bytes: [UInt8]) throws -> HTTPRequestHead {
        var parser = HTTPRequestParser()
        let event = try bytes.withUnsafeBytes { try parser.next($0) }.event
        guard case .head(let head)? = event else { throw Incomplete() }
        return head
    }
}

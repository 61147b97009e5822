import JSONValues

/// An RFC 9457 problem: what went wrong, in a form that programs can tell apart by `type`.
package struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
    /// URI that names the kind of problem, such as `urn:remit:problem:queue-full`; "about:blank" where an answer states none.
    package var type: String
    /// Kind of problem for people, the same for every occurrence; empty where an answer states none.
    package var title: String
    /// HTTP status that goes with it, 400 to 505; 0 where an answer states none.
    package var status: Int
    /// What went wrong this time, for people: expected, got and limits with their numbers.
    package var detail: String
    /// Id of the request, under which the server's log has more; nil where nobody gave one.
    package var instance: String?
    /// Further members: numbers (`limit`, `actual`, `item`, `position`) and strings (`path`). One with the name of a standard member,
    /// such as `detail`, is not written.
    package var extensions: JSONObject

    /// A problem of a kind that the service knows, which gives type, title and status.
    package init(_ kind: ProblemKind, detail: String, instance: String? = nil, extensions: JSONObject = JSONObject()) {
        type = kind.type
        title = kind.title
        status = kind.status
        self.detail = detail
        self.instance = instance
        self.extensions = extensions
    }

    /// The problem of a body that cannot be read, with the error's own path, item and position.
    package init(_ error: WireError, instance: String? = nil) {
        self.init(error.kind, detail: error.description, instance: instance, extensions: error.extensions)
    }

    /// Kind of problem, by `type`; nil for a type that this version does not know.
    package var kind: ProblemKind? { ProblemKind(type: type) }

    package var description: String {
        let head = [status == 0 ? "" : "\(status)", title].filter { !$0.isEmpty }.joined(separator: " ")
        let text = [head.isEmpty ? "a problem" : head, detail].filter { !$0.isEmpty }.joined(separator: ": ")
        return text + (instance.map { " (request \($0))" } ?? "")
    }

    /// Body of an `application/problem+json` answer.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("type", type)
            writer.field("title", title)
            writer.field("status", status)
            writer.field("detail", detail)
            if let instance { writer.field("instance", instance) }
            for (key, value) in extensions.members where !Self.ownMembers.contains(key) { writer.field(key, value) }
        }
    }

    /// Reads any problem, of this service or another's (a proxy). All members are optional, as the RFC says.
    ///
    /// - Throws: `WireError` where the bytes are no JSON object.
    package init(json bytes: [UInt8]) throws {
        var members = JSONObject()
        try WireError.wrapping {
            try JSONReader.read(bytes) { reader in
                _ = try reader.object { reader, key in members[key: key] = try reader.value() }
            }
        }
        self.init(members: members)
    }

    init(members: JSONObject) {
        func string(_ key: String) -> String? {
            if case .string(let text)? = members[key: key] { text } else { nil }
        }
        type = string("type") ?? "about:blank"
        title = string("title") ?? ""
        if case .integer(let code)? = members[key: "status"] { status = code } else { status = 0 }
        detail = string("detail") ?? ""
        instance = string("instance")
        extensions = JSONObject()
        for (key, value) in members.members where !Self.ownMembers.contains(key) { extensions[key: key] = value }
    }

    private static let ownMembers: Set<String> = ["type", "title", "status", "detail", "instance"]
}

extension WireError {
    /// Runs a JSON decoder; what it throws about the JSON becomes a `WireError`.
    static func wrapping<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as JSONError {
            throw WireError(error)
        }
    }
}

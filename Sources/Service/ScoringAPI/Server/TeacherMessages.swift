import JSONValues

/// The body of POST /v1/teachers.
package struct LoadTeacherRequest: Equatable, Sendable {
    /// What requests will call it.
    package var name: String
    /// Its checkpoint: a directory under the server's --models-dir.
    package var path: String

    package static let fields = ["name", "path"]

    package init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    /// Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var (name, path) = ("", "")
        try JSONReader.readObject(bytes, required: Self.fields) { reader, key in
            switch key {
            case "name": name = try reader.modelName()
            case "path": path = try reader.string()
            default: throw reader.unknownField(known: Self.fields)
            }
        }
        self.init(name: name, path: path)
    }

    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("name", name)
            writer.field("path", path)
        }
        return writer.bytes
    }
}

/// The body of PUT /v1/default-teacher.
package struct DefaultTeacherRequest: Equatable, Sendable {
    package var name: String

    package static let fields = ["name"]

    package init(name: String) { self.name = name }

    /// Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var name = ""
        try JSONReader.readObject(bytes, required: Self.fields) { reader, key in
            guard key == "name" else { throw reader.unknownField(known: Self.fields) }
            name = try reader.modelName()
        }
        self.init(name: name)
    }

    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.field("name", name) }
        return writer.bytes
    }
}

/// Where a teacher stands, also one that is not (or not yet) among the models.
package struct TeacherStatus: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case loading, ready, failed
    }

    package var name: String
    package var state: State
    package var isDefault: Bool
    /// Why it could not be loaded; for `failed` only.
    package var error: String?

    package init(name: String, state: State, isDefault: Bool = false, error: String? = nil) {
        self.name = name
        self.state = state
        self.isDefault = isDefault
        self.error = error
    }
}

/// The answer of DELETE /v1/teachers/NAME and PUT /v1/default-teacher: the teachers as they are now.
package struct TeachersResponse: Equatable, Sendable {
    package var teachers: [TeacherStatus]

    package init(teachers: [TeacherStatus]) { self.teachers = teachers }

    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.teachers(teachers) }
        return writer.bytes
    }

    /// For the client. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var teachers: [TeacherStatus] = []
        try JSONReader.readObject(bytes, required: ["teachers"]) { reader, key in
            if key == "teachers" { teachers = try reader.teachers() } else { try reader.skip() }
        }
        self.init(teachers: teachers)
    }
}

/// What a model may be called: it stands in paths, logs and metrics.
package enum ModelName {
    package static let maxBytes = 64
    private static let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-".utf8)

    package static func isValid(_ name: String) -> Bool {
        (1...maxBytes).contains(name.utf8.count) && name.utf8.allSatisfy { allowed.contains($0) }
    }

    /// A name for a directory of any name.
    package static func made(of text: String) -> String {
        let bytes = text.utf8.prefix(maxBytes).map { allowed.contains($0) ? $0 : UInt8(ascii: "-") }
        return bytes.isEmpty ? "teacher" : String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONWriter {
    mutating func teachers(_ teachers: [TeacherStatus]) {
        key("teachers")
        array { writer in
            for teacher in teachers {
                writer.element()
                writer.object { writer in
                    writer.field("name", teacher.name)
                    writer.field("state", teacher.state.rawValue)
                    writer.field("is_default", teacher.isDefault)
                    if let error = teacher.error { writer.field("error", error) }
                }
            }
        }
    }
}

extension JSONReader {
    fileprivate mutating func modelName() throws -> String {
        let name = try string()
        guard ModelName.isValid(name) else {
            throw invalid(
                expected: "1 to \(ModelName.maxBytes) letters, digits, dots, dashes or underscores",
                got: "\(name.utf8.count) bytes of text")
        }
        return name
    }

    mutating func teachers() throws -> [TeacherStatus] {
        var teachers: [TeacherStatus] = []
        try array { reader, _ in teachers.append(try reader.teacher()) }
        return teachers
    }

    private mutating func teacher() throws -> TeacherStatus {
        var strings: [String: String] = [:]
        var isDefault = false
        try object { reader, key in
            switch key {
            case "name", "state", "error": strings[key] = try reader.string()
            case "is_default": isDefault = try reader.bool()
            default: try reader.skip()
            }
        }
        guard let name = strings["name"] else { throw missingField("name") }
        guard let state = strings["state"].flatMap(TeacherStatus.State.init) else {
            throw invalid(expected: "a state of loading, ready or failed", got: strings["state"] ?? "none")
        }
        return TeacherStatus(name: name, state: state, isDefault: isDefault, error: strings["error"])
    }
}

import Foundation
import JSONValues

/// A teacher's engine elsewhere, as a request names it.
package struct EngineRequest: Equatable, Sendable {
    /// URLs with what is behind them, as `vllm=http://gpu-1:8000`: replicas of one model. At least one.
    package var urls: [String]
    /// The model's name at the engine; nil where it serves only one.
    package var model: String?
    /// What the engine's weights are, where the checkpoint has no tensors to hash.
    package var weights: String?
    /// What else goes into the scores fingerprint.
    package var label: String?

    static let fields = ["urls", "model", "weights", "label"]

    package init(urls: [String], model: String? = nil, weights: String? = nil, label: String? = nil) {
        (self.urls, self.model, self.weights, self.label) = (urls, model, weights, label)
    }
}

/// The body of POST /v1/teachers.
package struct LoadTeacherRequest: Equatable, Sendable {
    /// Name that requests will call the teacher by, as `ModelName` allows.
    package var name: String
    /// Checkpoint of the teacher: a directory under the server's --models-dir, relative to it or absolute.
    package var path: String
    /// What computes the teacher; nil for the server itself.
    package var engine: EngineRequest?

    /// Members that the body may have.
    package static let fields = required + ["engine"]
    private static let required = ["name", "path"]

    package init(name: String, path: String, engine: EngineRequest? = nil) {
        self.name = name
        self.path = path
        self.engine = engine
    }

    /// Reads and checks a posted body. Throws `WireError`, also where `ModelName` does not allow the name.
    package init(json bytes: [UInt8]) throws {
        var (name, path, engine) = ("", "", EngineRequest?.none)
        try JSONReader.readObject(bytes, required: Self.required) { reader, key in
            switch key {
            case "name": name = try reader.modelName()
            case "path": path = try reader.string()
            case "engine": engine = try reader.engineRequest()
            default: throw reader.unknownField(known: Self.fields)
            }
        }
        self.init(name: name, path: path, engine: engine)
    }

    /// Body to post.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("name", name)
            writer.field("path", path)
            guard let engine else { return }
            writer.key("engine")
            writer.object { writer in
                writer.field("urls", engine.urls)
                for (name, value) in [("model", engine.model), ("weights", engine.weights), ("label", engine.label)] {
                    if let value { writer.field(name, value) }
                }
            }
        }
        return writer.bytes
    }
}

extension JSONReader {
    fileprivate mutating func engineRequest() throws -> EngineRequest {
        var request = EngineRequest(urls: [])
        try object { reader, key in
            switch key {
            case "urls": try reader.array { reader, _ in request.urls.append(try reader.string()) }
            case "model": request.model = try reader.string()
            case "weights": request.weights = try reader.string()
            case "label": request.label = try reader.string()
            default: throw reader.unknownField(known: EngineRequest.fields)
            }
        }
        guard !request.urls.isEmpty else { throw invalid(expected: "urls, at least one", got: "none") }
        return request
    }
}

/// The body of PUT /v1/default-teacher.
package struct DefaultTeacherRequest: Equatable, Sendable {
    /// Name of a teacher that is ready.
    package var name: String

    /// Members of the body, all required; any other is refused.
    package static let fields = ["name"]

    package init(name: String) { self.name = name }

    /// Reads and checks a sent body. Throws `WireError`, also where `ModelName` does not allow the name.
    package init(json bytes: [UInt8]) throws {
        var name = ""
        try JSONReader.readObject(bytes, required: Self.fields) { reader, key in
            guard key == "name" else { throw reader.unknownField(known: Self.fields) }
            name = try reader.modelName()
        }
        self.init(name: name)
    }

    /// Body to send.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.field("name", name) }
        return writer.bytes
    }
}

/// State of a teacher, also of one that is not (or not yet) among the models.
package struct TeacherStatus: Equatable, Sendable {
    /// `loading`: not usable yet. `ready`: scores. `failed`: could not be loaded; its name is free again.
    package enum State: String, CaseIterable, Sendable {
        case loading, ready, failed
    }

    /// Name that requests call the teacher by.
    package var name: String
    /// State of its loading; only a teacher that is `ready` can be asked.
    package var state: State
    /// Whether requests that name no model get this one. True of one teacher, which is ready.
    package var isDefault: Bool
    /// Reason why the teacher could not be loaded; nil unless it `failed`.
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
    /// Every teacher by name, also those that are not ready.
    package var teachers: [TeacherStatus]

    package init(teachers: [TeacherStatus]) { self.teachers = teachers }

    /// Body of the answer, as the server sends it.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.teachers(teachers) }
        return writer.bytes
    }

    /// Reads an answer as a client does: unknown members are passed over. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var teachers: [TeacherStatus] = []
        try JSONReader.readObject(bytes, required: ["teachers"]) { reader, key in
            if key == "teachers" { teachers = try reader.teachers() } else { try reader.skip() }
        }
        self.init(teachers: teachers)
    }
}

/// Rules for a model's name, which stands in paths, logs and metrics.
package enum ModelName {
    /// Longest name, in bytes of UTF-8.
    package static let maxBytes = 64
    private static let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-".utf8)

    /// What a name must be, for people.
    package static let expectation =
        "1 to \(maxBytes) letters, digits, dots, dashes or underscores, not . or .. alone"

    /// Whether a name has 1 to `maxBytes` ASCII letters, digits, dots, dashes or underscores, and is not `.` or `..`, which every client
    /// and proxy takes out of a path.
    package static func isValid(_ name: String) -> Bool {
        (1...maxBytes).contains(name.utf8.count) && name.utf8.allSatisfy { allowed.contains($0) }
            && name != "." && name != ".."
    }

    /// A valid name from the last part of a directory's path.
    package static func made(ofDirectory path: String) -> String {
        made(of: URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent)
    }

    /// A valid name from any text, such as a directory's: other bytes become dashes, what is too long is cut, a text that is
    /// empty, `.` or `..` becomes "teacher".
    package static func made(of text: String) -> String {
        let bytes = text.utf8.prefix(maxBytes).map { allowed.contains($0) ? $0 : UInt8(ascii: "-") }
        let name = String(decoding: bytes, as: UTF8.self)
        return isValid(name) ? name : "teacher"
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
                expected: ModelName.expectation,
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

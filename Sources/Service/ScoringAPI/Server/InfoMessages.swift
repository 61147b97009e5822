import JSONValues

/// The answer of /v1/models.
package struct ModelsResponse: Equatable, Sendable {
    /// Models that are ready: the default teacher first, then the other teachers, then the base.
    package var models: [ModelInfo]
    /// Every teacher by name, also those that are not ready.
    package var teachers: [TeacherStatus]
    /// Teachers that are ready, as OpenAI's API lists models; nothing that a client of our own reads.
    package var listed: [ListedModel]

    package init(models: [ModelInfo], teachers: [TeacherStatus] = [], listed: [ListedModel] = []) {
        self.models = models
        self.teachers = teachers
        self.listed = listed
    }

    /// Body of the answer, as the server sends it.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.models(models)
            writer.teachers(teachers)
            writer.listed(listed)
        }
        return writer.bytes
    }

    /// Reads an answer as a client does: unknown members are passed over. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var models: [ModelInfo] = []
        var teachers: [TeacherStatus] = []
        try JSONReader.readObject(bytes, required: ["models"]) { reader, key in
            switch key {
            case "models": models = try reader.models()
            case "teachers": teachers = try reader.teachers()
            default: try reader.skip()
            }
        }
        self.init(models: models, teachers: teachers)
    }
}

/// The answer of /info: what a client needs to size its requests and time-outs.
package struct InfoResponse: Equatable, Sendable {
    /// Version of the server program.
    package var version: String
    /// Identity of the default teacher.
    package var identity: ModelIdentity
    /// Precision in which the default teacher computes: f32 or bf16.
    package var precision: String
    /// Instruction set and BLAS core.
    package var kernelPath: String
    /// Number of threads that compute; as many connections may tokenize, or read and write JSON, at once.
    package var threads: Int
    /// Bound of the server's memory in bytes: program, parameters, working memory of the largest batch, the largest tensor while it is
    /// loaded, cache and full queue. Request bodies come on top, which `--max-buffered-bytes` bounds.
    package var memoryBoundBytes: Int
    /// Measured speed of the default teacher; nil before the first batch.
    package var tokensPerSecond: Double?
    /// Most that one request, and the queue, may hold.
    package var limits: ServerLimits
    /// Models that are ready: the default teacher first, then the other teachers, then the base.
    package var models: [ModelInfo]
    /// Every teacher by name, also those that are not ready.
    package var teachers: [TeacherStatus]
    /// Every flag of the server with its value in force. Where keys are asked for, a path reads `true` to those who are no admin.
    package var settings: JSONObject

    package init(
        version: String, identity: ModelIdentity, precision: String, kernelPath: String, threads: Int,
        memoryBoundBytes: Int, tokensPerSecond: Double?, limits: ServerLimits, models: [ModelInfo],
        teachers: [TeacherStatus] = [], settings: JSONObject = [:]
    ) {
        self.version = version
        self.identity = identity
        self.precision = precision
        self.kernelPath = kernelPath
        self.threads = threads
        self.memoryBoundBytes = memoryBoundBytes
        self.tokensPerSecond = tokensPerSecond
        self.limits = limits
        self.models = models
        self.teachers = teachers
        self.settings = settings
    }

    /// Body of the answer, as the server sends it; a speed not yet measured is null.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("version", version)
            for (name, value) in identity.members { writer.field(name, value) }
            writer.field("precision", precision)
            writer.field("kernel_path", kernelPath)
            writer.field("threads", threads)
            writer.field("memory_bound_bytes", memoryBoundBytes)
            writer.field("tokens_per_second", tokensPerSecond ?? .nan)
            writer.key("limits")
            limits.write(to: &writer)
            writer.models(models)
            writer.teachers(teachers)
            writer.field("settings", .object(settings))
        }
        return writer.bytes
    }

    /// Reads an answer as a client does: unknown members are passed over. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var strings: [String: String] = [:]
        var numbers: [String: Int] = [:]
        var tokensPerSecond: Double?
        var limits: ServerLimits?
        var models: [ModelInfo] = []
        var teachers: [TeacherStatus] = []
        var settings = JSONObject()
        let required = ["version", "precision", "kernel_path", "limits"] + ModelPins.fields
        try JSONReader.readObject(bytes, required: required) { reader, key in
            switch key {
            case "version", "precision", "kernel_path": strings[key] = try reader.string()
            case _ where ModelPins.fields.contains(key): strings[key] = try reader.string()
            case "threads", "memory_bound_bytes": numbers[key] = try reader.int()
            case "tokens_per_second": tokensPerSecond = try reader.takeNull() ? nil : try reader.double()
            case "limits": limits = try ServerLimits(&reader)
            case "models": models = try reader.models()
            case "teachers": teachers = try reader.teachers()
            case "settings": if case .object(let object) = try reader.value() { settings = object }
            default: try reader.skip()
            }
        }
        guard let identity = ModelIdentity({ strings[$0] }), let limits else {
            throw WireError.invalidField(.missingField(path: "limits"))
        }
        self.init(
            version: strings["version"] ?? "", identity: identity, precision: strings["precision"] ?? "",
            kernelPath: strings["kernel_path"] ?? "", threads: numbers["threads"] ?? 0,
            memoryBoundBytes: numbers["memory_bound_bytes"] ?? 0, tokensPerSecond: tokensPerSecond, limits: limits,
            models: models, teachers: teachers, settings: settings)
    }
}

/// The answer of /health and /ready.
package struct StatusResponse: Equatable, Sendable {
    /// `alive`: the process answers (/health). `ready`: it takes requests to score (/ready).
    package enum Status: String, Sendable {
        case alive, ready
    }

    /// State that the route asks about; a server that is not ready answers /ready with a problem instead.
    package var status: Status

    package init(status: Status) {
        self.status = status
    }

    /// Body of the answer, as the server sends it.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.field("status", status.rawValue) }
        return writer.bytes
    }
}

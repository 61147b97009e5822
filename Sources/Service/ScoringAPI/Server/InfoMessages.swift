import JSONValues

/// The answer of /v1/models; the default teacher is the first.
package struct ModelsResponse: Equatable, Sendable {
    package var models: [ModelInfo]
    /// Every teacher by name, also those that are not ready.
    package var teachers: [TeacherStatus]

    package init(models: [ModelInfo], teachers: [TeacherStatus] = []) {
        self.models = models
        self.teachers = teachers
    }

    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.models(models)
            writer.teachers(teachers)
        }
        return writer.bytes
    }

    /// For the client. Throws `WireError`.
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

/// The answer of /info: what a client needs to size its requests and time-outs. The identity is the default teacher's.
package struct InfoResponse: Equatable, Sendable {
    package var version: String
    package var identity: ModelIdentity
    package var precision: String
    /// Instruction set and BLAS core.
    package var kernelPath: String
    package var threads: Int
    /// Weights and scratch at the batch budget: what the models may take in all.
    package var memoryBoundBytes: Int
    /// Measured; nil before the first batch.
    package var tokensPerSecond: Double?
    package var limits: ServerLimits
    package var models: [ModelInfo]
    /// Every teacher by name, also those that are not ready.
    package var teachers: [TeacherStatus]
    /// Every flag of the server with its value in force.
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

    /// For the client: members it does not know are passed over. Throws `WireError`.
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
    package enum Status: String, Sendable {
        case alive, ready
    }

    package var status: Status

    package init(status: Status) {
        self.status = status
    }

    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.field("status", status.rawValue) }
        return writer.bytes
    }
}

import JSONValues

/// What an engine proved of its kernels when it was loaded.
package struct SelfCheckInfo: Equatable, Sendable {
    package var kernelPath: String
    package var weightShapes: Int
    package var rowsCompared: Int
    package var milliseconds: Int

    package init(kernelPath: String, weightShapes: Int, rowsCompared: Int, milliseconds: Int) {
        self.kernelPath = kernelPath
        self.weightShapes = weightShapes
        self.rowsCompared = rowsCompared
        self.milliseconds = milliseconds
    }
}

/// One loaded model, as /v1/models and /info describe it.
package struct ModelInfo: Equatable, Sendable {
    package enum Role: String, CaseIterable, Sendable {
        case teacher, base
    }

    package var identity: ModelIdentity
    package var role: Role
    package var isDefault: Bool
    /// The `model_type` of its configuration.
    package var family: String
    package var precision: String
    package var parameterCount: Int
    package var vocabularySize: Int
    package var contextLength: Int
    /// nil: the engine made none.
    package var selfCheck: SelfCheckInfo?

    package init(
        identity: ModelIdentity, role: Role, isDefault: Bool, family: String, precision: String, parameterCount: Int,
        vocabularySize: Int, contextLength: Int, selfCheck: SelfCheckInfo? = nil
    ) {
        self.identity = identity
        self.role = role
        self.isDefault = isDefault
        self.family = family
        self.precision = precision
        self.parameterCount = parameterCount
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.selfCheck = selfCheck
    }
}

/// The answer of /v1/models; the default teacher is the first.
package struct ModelsResponse: Equatable, Sendable {
    package var models: [ModelInfo]

    package init(models: [ModelInfo]) {
        self.models = models
    }

    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.models(models) }
        return writer.bytes
    }

    /// For the client. Throws `WireError`.
    package init(json bytes: [UInt8]) throws {
        var models: [ModelInfo] = []
        try JSONReader.readObject(bytes, required: ["models"]) { reader, key in
            if key == "models" { models = try reader.models() } else { _ = try reader.value() }
        }
        self.init(models: models)
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

    package init(
        version: String, identity: ModelIdentity, precision: String, kernelPath: String, threads: Int,
        memoryBoundBytes: Int, tokensPerSecond: Double?, limits: ServerLimits, models: [ModelInfo]
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
        let required = ["version", "precision", "kernel_path", "limits"] + ModelPins.fields
        try JSONReader.readObject(bytes, required: required) { reader, key in
            switch key {
            case "version", "precision", "kernel_path": strings[key] = try reader.string()
            case _ where ModelPins.fields.contains(key): strings[key] = try reader.string()
            case "threads", "memory_bound_bytes": numbers[key] = try reader.int()
            case "tokens_per_second": tokensPerSecond = try reader.takeNull() ? nil : try reader.double()
            case "limits": limits = try ServerLimits(&reader)
            case "models": models = try reader.models()
            default: _ = try reader.value()
            }
        }
        guard let identity = ModelIdentity({ strings[$0] }), let limits else {
            throw WireError.invalidField(.missingField(path: "limits"))
        }
        self.init(
            version: strings["version"] ?? "", identity: identity, precision: strings["precision"] ?? "",
            kernelPath: strings["kernel_path"] ?? "", threads: numbers["threads"] ?? 0,
            memoryBoundBytes: numbers["memory_bound_bytes"] ?? 0, tokensPerSecond: tokensPerSecond, limits: limits,
            models: models)
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

extension JSONWriter {
    fileprivate mutating func models(_ models: [ModelInfo]) {
        key("models")
        array { writer in
            for model in models {
                writer.element()
                writer.object { writer in
                    for (name, value) in model.identity.members { writer.field(name, value) }
                    writer.field("role", model.role.rawValue)
                    writer.field("is_default", model.isDefault)
                    writer.field("family", model.family)
                    writer.field("precision", model.precision)
                    writer.field("parameters", model.parameterCount)
                    writer.field("vocabulary_size", model.vocabularySize)
                    writer.field("context_length", model.contextLength)
                    if let check = model.selfCheck { writer.selfCheck(check) }
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func selfCheck(_ check: SelfCheckInfo) {
        key("self_check")
        object { writer in
            writer.field("kernel_path", check.kernelPath)
            writer.field("weight_shapes", check.weightShapes)
            writer.field("rows_compared", check.rowsCompared)
            writer.field("milliseconds", check.milliseconds)
        }
    }
}

extension JSONReader {
    private mutating func selfCheck() throws -> SelfCheckInfo {
        var check = SelfCheckInfo(kernelPath: "", weightShapes: 0, rowsCompared: 0, milliseconds: 0)
        try object { reader, key in
            switch key {
            case "kernel_path": check.kernelPath = try reader.string()
            case "weight_shapes": check.weightShapes = try reader.int()
            case "rows_compared": check.rowsCompared = try reader.int()
            case "milliseconds": check.milliseconds = try reader.int()
            default: _ = try reader.value()
            }
        }
        return check
    }

    fileprivate mutating func models() throws -> [ModelInfo] {
        var models: [ModelInfo] = []
        try array { reader, _ in models.append(try reader.model()) }
        return models
    }

    private mutating func model() throws -> ModelInfo {
        var strings: [String: String] = [:]
        var numbers: [String: Int] = [:]
        var isDefault = false
        var selfCheck: SelfCheckInfo?
        try object { reader, key in
            switch key {
            case "role", "family", "precision": strings[key] = try reader.string()
            case _ where ModelPins.fields.contains(key): strings[key] = try reader.string()
            case "parameters", "vocabulary_size", "context_length": numbers[key] = try reader.int()
            case "is_default": isDefault = try reader.bool()
            case "self_check": selfCheck = try reader.selfCheck()
            default: _ = try reader.value()
            }
        }
        guard let identity = ModelIdentity({ strings[$0] }) else { throw missingField("model") }
        guard let role = strings["role"].flatMap(ModelInfo.Role.init) else {
            throw invalid(expected: "a role of teacher or base", got: strings["role"] ?? "none")
        }
        return ModelInfo(
            identity: identity, role: role, isDefault: isDefault, family: strings["family"] ?? "",
            precision: strings["precision"] ?? "", parameterCount: numbers["parameters"] ?? 0,
            vocabularySize: numbers["vocabulary_size"] ?? 0, contextLength: numbers["context_length"] ?? 0,
            selfCheck: selfCheck)
    }
}

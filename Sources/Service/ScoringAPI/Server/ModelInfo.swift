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

extension ModelInfo {
    /// The answer of POST /v1/teachers.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.model(self)
        return writer.bytes
    }
}

extension JSONWriter {
    mutating func models(_ models: [ModelInfo]) {
        key("models")
        array { writer in
            for model in models {
                writer.element()
                writer.model(model)
            }
        }
    }

    fileprivate mutating func model(_ model: ModelInfo) {
        object { writer in
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

    private mutating func selfCheck(_ check: SelfCheckInfo) {
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
            default: try reader.skip()
            }
        }
        return check
    }

    mutating func models() throws -> [ModelInfo] {
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
            default: try reader.skip()
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

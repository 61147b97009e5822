import JSONValues

/// Proof of an engine's kernels, made when it was loaded: a row has the same bits alone and at every place of a block.
package struct SelfCheckInfo: Equatable, Sendable {
    /// Name of the kernels that were checked.
    package var kernelPath: String
    /// Number of distinct shapes of weight matrices checked, the head's among them.
    package var weightShapes: Int
    /// Number of rows computed within blocks and compared, bit for bit, with the same row alone.
    package var rowsCompared: Int
    /// Time that the check took, rounded.
    package var milliseconds: Int

    package init(kernelPath: String, weightShapes: Int, rowsCompared: Int, milliseconds: Int) {
        self.kernelPath = kernelPath
        self.weightShapes = weightShapes
        self.rowsCompared = rowsCompared
        self.milliseconds = milliseconds
    }
}

/// What computes a model's log-probs, and how far that is known.
package struct EngineInfo: Equatable, Sendable {
    /// The kind of what this server computes itself.
    package static let local = "local"

    /// `local`: this process. `vllm`, `sglang`: a server of that kind elsewhere.
    package var kind: String
    /// Version of the engine's program; nil for `local`.
    package var version: String?
    /// How the weights are known. `hashed`: their bytes were read. `declared`: the operator says so. `checksum`: the engine's own.
    package var weights: String
    /// What the operator declared the weights to be; nil unless they are `declared`.
    package var declaredWeights: String?
    /// What the operator adds to the fingerprint: quantization, parallelism; nil where that is nothing.
    package var label: String?
    /// Whether bits repeat: proved by the kernels' check where the engine is `local`, measured with the canaries elsewhere.
    package var isBitReproducible: Bool
    /// Largest difference of a canary's log-prob between alone and under load, in nats; nil for `local`.
    package var noiseNats: Float?

    package init(
        kind: String, version: String? = nil, weights: String, declaredWeights: String? = nil, label: String? = nil,
        isBitReproducible: Bool, noiseNats: Float? = nil
    ) {
        self.kind = kind
        self.version = version
        self.weights = weights
        self.declaredWeights = declaredWeights
        self.label = label
        self.isBitReproducible = isBitReproducible
        self.noiseNats = noiseNats
    }
}

/// One loaded model, as /v1/models and /info describe it.
package struct ModelInfo: Equatable, Sendable {
    /// `teacher`: scores requests. `base`: the frozen student of static weights, used where no student log-probs are posted.
    package enum Role: String, CaseIterable, Sendable {
        case teacher, base
    }

    /// Name and fingerprints, under which a request may pin it.
    package var identity: ModelIdentity
    /// Whether the model scores as a teacher, or stands in for the student.
    package var role: Role
    /// Whether requests that name no model get this one; false for the base.
    package var isDefault: Bool
    /// Architecture, as the `model_type` of its configuration names it.
    package var family: String
    /// Precision in which it computes: f32 or bf16. Part of the scores fingerprint.
    package var precision: String
    /// Number of values in all its tensors.
    package var parameterCount: Int
    /// Number of ids that it can score, from 0; a request to it with any other id is refused.
    package var vocabularySize: Int
    /// Longest document that it can take, in tokens; `ServerLimits.maxSequenceTokens` may be less.
    package var contextLength: Int
    /// Proof of the engine's kernels; nil where it made none.
    package var selfCheck: SelfCheckInfo?
    /// What computes it; nil where the server does not say.
    package var engine: EngineInfo?

    package init(
        identity: ModelIdentity, role: Role, isDefault: Bool, family: String, precision: String, parameterCount: Int,
        vocabularySize: Int, contextLength: Int, selfCheck: SelfCheckInfo? = nil,
        engine: EngineInfo? = nil
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
        self.engine = engine
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
            if let engine = model.engine { writer.engine(engine) }
        }
    }

    private mutating func engine(_ engine: EngineInfo) {
        key("engine")
        object { writer in
            writer.field("kind", engine.kind)
            if let version = engine.version { writer.field("version", version) }
            writer.field("weights", engine.weights)
            if let declared = engine.declaredWeights { writer.field("declared_weights", declared) }
            if let label = engine.label { writer.field("label", label) }
            writer.field("bit_reproducible", engine.isBitReproducible)
            if let noise = engine.noiseNats { writer.field("noise_nats", noise) }
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

    private mutating func engine() throws -> EngineInfo {
        var engine = EngineInfo(kind: "", weights: "", isBitReproducible: false)
        try object { reader, key in
            switch key {
            case "kind": engine.kind = try reader.string()
            case "version": engine.version = try reader.string()
            case "weights": engine.weights = try reader.string()
            case "declared_weights": engine.declaredWeights = try reader.string()
            case "label": engine.label = try reader.string()
            case "bit_reproducible": engine.isBitReproducible = try reader.bool()
            case "noise_nats": engine.noiseNats = try reader.takeNull() ? nil : try reader.float()
            default: try reader.skip()
            }
        }
        return engine
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
        var (selfCheck, engine) = (SelfCheckInfo?.none, EngineInfo?.none)
        try object { reader, key in
            switch key {
            case "role", "family", "precision": strings[key] = try reader.string()
            case _ where ModelPins.fields.contains(key): strings[key] = try reader.string()
            case "parameters", "vocabulary_size", "context_length": numbers[key] = try reader.int()
            case "is_default": isDefault = try reader.bool()
            case "self_check": selfCheck = try reader.selfCheck()
            case "engine": engine = try reader.engine()
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
            selfCheck: selfCheck, engine: engine)
    }
}

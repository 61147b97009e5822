import Checkpoints
import JSONValues
import Tensors
import Testing
import Transformers

/// What config.json may say: fields that change numbers are understood or refused, never passed over.
@Suite struct FamilyConfigurationTests {
    @Test func unknownModelTypeIsNamed() {
        let error = refusal(["model_type": "\"mamba\""])
        #expect(error?.contains("model_type mamba is not known") == true)
        #expect(error?.contains("gemma2") == true && error?.contains("youtu") == true)
    }

    @Test(arguments: ModelFamilies.modelTypes, ["dynamic", "longrope", "proportional", "mystery"])
    func unknownRotaryTypeIsNamed(_ family: String, _ type: String) {
        let old = refusal([
            "model_type": "\"\(family)\"", "rope_scaling": "{\"rope_type\": \"\(type)\", \"factor\": 2}",
        ])
        #expect(old?.contains("rope_scaling.rope_type") == true && old?.contains(type) == true, "\(family)")
        let own = "{\"rope_type\": \"\(type)\", \"rope_theta\": 10000.0}"
        let byLayer = "{\"full_attention\": \(own), \"sliding_attention\": \(own)}"
        let hasLayers = family == "olmo3" || family == "gemma3_text"
        let new = refusal(["model_type": "\"\(family)\"", "rope_parameters": hasLayers ? byLayer : own])
        #expect(new?.contains("rope_type") == true && new?.contains(type) == true, "\(family)")
    }

    @Test(arguments: ModelFamilies.modelTypes)
    func anUnknownFieldIsNamed(_ family: String) {
        for field in ["residual_multiplier", "num_experts"] {
            let error = refusal(["model_type": "\"\(family)\"", field: "{}"])
            #expect(error?.contains("unknown field \(field)") == true, "\(family)")
        }
    }

    static let refused: [(family: String, fields: [String: String], named: String)] = [
        ("llama", ["hidden_act": "\"relu\""], "hidden_act"),
        ("llama", ["sliding_window": "8"], "sliding_window"),
        ("llama", ["partial_rotary_factor": "0.5"], "partial_rotary_factor"),
        ("llama", ["rope_interleaved": "true"], "rope_interleaved"),
        ("llama", ["head_dim": "7"], "head_dim"),
        ("llama", ["num_key_value_heads": "4"], "num_key_value_heads"),
        ("llama", ["rope_scaling": #"{"type": "linear", "factor": 2, "offset": 1}"#], "rope_scaling.offset"),
        (
            "llama",
            ["rope_scaling": #"{"type": "linear", "factor": 2}"#, "rope_parameters": #"{"rope_type": "default"}"#],
            "rope_scaling"
        ),
        ("llama", ["num_hidden_layers": "4000000000000"], "num_hidden_layers"),
        ("llama", ["hidden_size": "4611686018427387904"], "hidden_size"),
        ("llama", ["vocab_size": "4611686018427387904"], "vocab_size"),
        ("llama", ["intermediate_size": "4611686018427387904"], "intermediate_size"),
        ("llama", ["max_position_embeddings": "4611686018427387904"], "max_position_embeddings"),
        ("llama", ["num_attention_heads": "1048576", "head_dim": "1048576", "num_hidden_layers": "4096"], "10^15"),
        ("youtu", ["num_key_value_heads": "3", "kv_lora_rank": "4611686018427387904"], "kv_lora_rank"),
        ("youtu", ["num_key_value_heads": "3", "v_head_dim": "4611686018427387904"], "v_head_dim"),
        ("mistral", ["sliding_window": "4611686018427387904"], "sliding_window"),
        ("mistral", ["attention_bias": "true"], "attention_bias"),
        ("mistral", ["sliding_window": "0"], "sliding_window"),
        ("mistral", ["layer_types": #"["full_attention", "full_attention"]"#], "layer_types"),
        ("qwen2", ["use_mrope": "true"], "use_mrope"),
        ("qwen2", ["attention_bias": "true"], "attention_bias"),
        ("qwen2", ["layer_types": #"["full_attention", "sliding_attention"]"#], "use_sliding_window"),
        ("qwen2", ["layer_types": #"["full_attention"]"#], "layer_types"),
        ("qwen3", ["layer_types": #"["full_attention", "chunked_attention"]"#], "layer_types"),
        ("olmo", ["clip_qkv": "-1"], "clip_qkv"),
        ("olmo", ["rms_norm_eps": "1e-6"], "rms_norm_eps"),
        ("olmo2", ["sliding_window": "4"], "sliding_window"),
        ("olmo3", ["rope_theta": "10000"], "rope_theta"),
        ("olmo3", ["rope_scaling": #"{"type": "linear", "factor": 2}"#], "rope_scaling.type"),
        ("olmo3", ["rope_parameters": #"{"rope_type": "yarn", "factor": 4}"#], "rope_parameters.factor"),
        ("olmo3", ["rope_parameters": #"{"rope_type": "yarn"}"#], "rope_parameters.rope_type"),
        ("olmo3", ["rope_parameters": #"{"type": "linear", "full_attention": {}}"#], "rope_parameters.type"),
        ("olmo3", ["rope_parameters": #"{"truncate": false, "full_attention": {}}"#], "rope_parameters.truncate"),
        ("olmo3", ["rope_parameters": #"{"partial_rotary_factor": 0.5}"#], "rope_parameters.partial_rotary_factor"),
        ("olmo3", ["rope_parameters": #"{"rope_theta": "a"}"#], "rope_parameters.rope_theta"),
        ("olmo3", ["sliding_window": "null"], "sliding_window"),
        ("smollm3", ["no_rope_layers": "[1]"], "no_rope_layers"),
        ("smollm3", ["no_rope_layers": "[1, 2]"], "no_rope_layers"),
        ("youtu", ["num_key_value_heads": "1"], "num_key_value_heads"),
        ("youtu", ["head_dim": "8"], "head_dim"),
        ("youtu", ["mlp_bias": "true"], "mlp_bias"),
        ("gemma2", ["hidden_activation": "\"gelu\""], "hidden_activation"),
        ("gemma2", ["use_bidirectional_attention": "true"], "use_bidirectional_attention"),
        ("gemma2", ["sliding_window_size": "5"], "sliding_window_size"),
        ("gemma2", ["final_logit_softcapping": "0"], "final_logit_softcapping"),
        ("gemma3_text", ["attn_logit_softcapping": "50.0"], "attn_logit_softcapping"),
        ("gemma3_text", ["_sliding_window_pattern": "2"], "expected 6, or layer_types"),
        ("gemma3_text", ["use_bidirectional_attention": "true"], "use_bidirectional_attention"),
        ("gemma3_text", ["rope_parameters": #"{"rope_theta": 10000.0, "rope_type": "dynamic"}"#], "rope_type"),
    ]

    @Test(arguments: refused.indices)
    func aFieldThatCannotBeServedIsRefused(_ index: Int) {
        let (family, fields, named) = FamilyConfigurationTests.refused[index]
        let error = refusal(fields.merging(["model_type": "\"\(family)\""]) { own, _ in own })
        #expect(error?.contains(named) == true, "\(family) \(fields): \(error ?? "accepted")")
        #expect(error?.contains("\n") == false)
    }

    @Test func nullIsNotAbsent() throws {
        #expect(try model("mistral").layers[0].attention.window == 4096)
        #expect(try model("mistral", ["sliding_window": "null"]).layers[0].attention.window == nil)
        #expect(try model("gemma2").finalSoftCap == 30)
        #expect(try model("gemma2", ["final_logit_softcapping": "null"]).finalSoftCap == nil)
        #expect(try model("gemma2").layers[1].attention.softCap == 50)
        #expect(try model("gemma2", ["attn_logit_softcapping": "null"]).layers[1].attention.softCap == nil)
        #expect(try model("youtu", ["num_key_value_heads": "null"]).layers[0].attention.latent?.queryRank == 1536)
        let direct = try model("youtu", ["num_key_value_heads": "null", "q_lora_rank": "null"])
        #expect(direct.layers[0].attention.latent?.queryRank == nil)
        for (said, isInterleaved) in [("null", false), ("false", false), ("true", true)] {
            let latent = try model("youtu", ["num_key_value_heads": "null", "rope_interleave": said])
            #expect(latent.rotaries[0].isInterleaved == isInterleaved)
        }
        #expect(try model("youtu", ["num_key_value_heads": "null"]).rotaries[0].isInterleaved)
        let heads = ["num_attention_heads": "8", "hidden_size": "64"]
        #expect(try model("mistral", heads, without: "num_key_value_heads").layers[0].attention.keyValueHeads == 8)
        #expect(try model("smollm3", heads, without: "num_key_value_heads").layers[0].attention.keyValueHeads == 4)
        let null = heads.merging(["num_key_value_heads": "null"]) { own, _ in own }
        #expect(try model("smollm3", null).layers[0].attention.keyValueHeads == 8)
        #expect(try model("olmo2").paddingID == 1)
        #expect(try model("olmo2", ["pad_token_id": "null"]).paddingID == nil)
        #expect(try model("llama", ["pad_token_id": "-1"]).paddingID == 99)
        #expect(try model("smollm3").paddingID == nil)  // its default lies outside this vocabulary
    }

    /// transformers rounds YaRN's bounds where `truncate` is absent, and not where it is null; by layer type it asks the object around them,
    /// which has no such field.
    @Test func nullIsNoTruncation() throws {
        func frequencies(_ family: String, _ truncate: String) throws -> [Float] {
            let yarn =
                #"{"rope_type": "yarn", "rope_theta": 10000, "factor": 4, "original_max_position_embeddings": 16\#(truncate)}"#
            let parameters = family == "olmo3" ? #"{"full_attention": \#(yarn)}"# : yarn
            let model = try model(
                family, ["num_attention_heads": "1", "hidden_size": "64", "rope_parameters": parameters])
            return model.rotaries[0].inverseFrequencies
        }
        let (absent, null) = ("", #", "truncate": null"#)
        #expect(try frequencies("llama", null) == frequencies("llama", #", "truncate": false"#))
        #expect(try frequencies("llama", null) != frequencies("llama", absent))
        #expect(try frequencies("llama", absent) == frequencies("llama", #", "truncate": true"#))
        #expect(try frequencies("olmo3", null) == frequencies("olmo3", absent))
        #expect(try frequencies("olmo3", absent) == frequencies("llama", absent))
    }

    /// Each family as it is, and once more with windows that count, for those that say so in two fields.
    private static let contexts: [(family: any ModelFamily.Type, fields: [String: String])] = ModelFamilies.all.flatMap
    {
        family in
        [[:], ["use_sliding_window": "true", "max_window_layers": "0"]].map {
            (family, $0.merging(["model_type": "\"\(family.modelType)\"", "num_key_value_heads": "3"]) { $1 })
        }
    }

    /// Where null is another model than an absent field, the fingerprint takes them for two. Tensors of other names or
    /// shapes tell two models apart by themselves.
    @Test func theFingerprintTellsNullFromAbsent() throws {
        var told: Set<String> = []
        for (family, fields) in Self.contexts {
            for field in family.numericFields {
                let absent = try configuration(fields, without: field)
                let null = absent.setting(field, to: .null)
                guard let known = try? ModelFamilies.architecture(absent),
                    let other = try? ModelFamilies.architecture(null),
                    tensors(known) == tensors(other), numbers(known) != numbers(other)
                else { continue }
                told.insert("\(family.modelType) \(field)")
                let areTold = try ModelFamilies.numericFields(absent) != ModelFamilies.numericFields(null)
                #expect(areTold, "\(family.modelType) \(field)")
            }
        }
        let expected = ["mistral", "qwen2", "qwen3"].map { $0 + " sliding_window" } + ["youtu rope_interleave"]
        #expect(told.isSuperset(of: expected), "\(told)")
    }

    /// An absent field is its default written out, for the model and for the fingerprint; null is not.
    @Test func theFingerprintTakesAnAbsentFieldForItsDefault() throws {
        for (family, fields) in Self.contexts {
            let absent = try configuration(fields)
            for (field, value) in try family.valuesIfAbsent(absent) {
                let written = absent.setting(field, to: value)
                let numeric = try ModelFamilies.numericFields(absent)
                #expect(numeric[field] == value, "\(family.modelType) \(field)")
                #expect(try ModelFamilies.numericFields(written) == numeric)
                #expect(try ModelFamilies.numericFields(absent.setting(field, to: .null))[field] == nil)
                guard let known = try? ModelFamilies.architecture(absent) else { continue }
                #expect(try numbers(known) == numbers(ModelFamilies.architecture(written)))
            }
        }
    }

    private func tensors(_ model: TransformerArchitecture) -> [String] {
        model.parameters().map { "\($0.name) \($0.shape)" }
    }

    /// What a model computes, in words that are equal where that is.
    private func numbers(_ model: TransformerArchitecture) -> [String] {
        let whole = "\(model.rotaries) \(model.norm) \(model.isHeadTied)"
        let factors = "\(String(describing: model.embeddingScale)) \(String(describing: model.finalSoftCap))"
        return [whole, factors]
            + model.layers.map { "\($0.attention) \($0.feedForward) \($0.norms.map { "\($0)" }.sorted())" }
    }

    /// A window that does not count is in no fingerprint.
    @Test func anUnusedWindowIsNoNumber() throws {
        let fields = try ModelFamilies.numericFields(configuration(["model_type": "\"qwen2\""]))
        #expect(fields["sliding_window"] == nil)
    }

    /// transformers' defaults of what checkpoints leave out.
    @Test(arguments: [
        ("llama", false, 1e-6, 10_000.0), ("mistral", false, 1e-6, 10_000), ("qwen2", false, 1e-6, 10_000),
        ("qwen3", false, 1e-6, 10_000), ("olmo", false, 1e-5, 10_000), ("olmo2", false, 1e-5, 10_000),
        ("olmo3", false, 1e-5, 500_000), ("smollm3", true, 1e-6, 2_000_000), ("youtu", true, 1e-6, 10_000),
        ("gemma2", true, 1e-6, 10_000), ("gemma3_text", true, 1e-6, 1_000_000),
    ])
    func defaultsAreThoseOfTransformers(_ family: String, _ isTied: Bool, _ epsilon: Double, _ theta: Double) throws {
        let keyValueHeads = family == "youtu" ? ["num_key_value_heads": "3"] : [:]
        let model = try model(family, keyValueHeads)
        #expect(model.isHeadTied == isTied)
        #expect(model.norm.epsilon == Float(epsilon))
        #expect(
            model.rotaries[0].inverseFrequencies
                == RotaryEmbedding(width: model.rotaries[0].width, theta: theta)
                .inverseFrequencies)
    }

    @Test func neutralValuesAreAccepted() throws {
        _ = try model("llama", ["rope_interleaved": "false", "is_llama_config": "true", "partial_rotary_factor": "1"])
        _ = try model("llama", ["sliding_window": "null", "use_sliding_window": "false", "pretraining_tp": "2"])
        _ = try model("mistral", ["attention_bias": "false", "mlp_bias": "false"])
        _ = try model("qwen2", ["use_mrope": "false", "sliding_window": "131072", "max_window_layers": "2"])
        _ = try model("gemma2", ["hidden_act": "\"gelu_pytorch_tanh\"", "sliding_window_size": "4096"])
    }

    @Test(arguments: ["gemma2", "gemma3_text"])
    func hiddenActivationCountsWhateverHiddenActSays(_ family: String) throws {
        for act in ["\"gelu\"", "\"relu\"", "7", "null"] {
            let fields = ["hidden_act": act]
            #expect(try model(family, fields).layers[0].feedForward.activation == .geluTanh)
            let silu = fields.merging(["hidden_activation": "\"silu\""]) { own, _ in own }
            #expect(try model(family, silu).layers[1].feedForward.activation == .silu)
        }
    }

    @Test(arguments: [
        (#""quantization_config": {"quant_method": "gptq", "bits": 4}"#, "gptq, 4 bits"),
        (#""quantization_config": {"quant_method": "fp8", "activation_scheme": "dynamic"}"#, "fp8"),
        (#""quantization_config": {}"#, "quantization_config"),
        (#""quantization": {"bits": 4}"#, "quantization, 4 bits"),
    ])
    func aQuantizedCheckpointIsNamed(_ field: String, _ named: String) {
        let parts = field.split(separator: ":", maxSplits: 1)
        let error = refusal([
            "model_type": "\"llama\"", String(parts[0].dropFirst().dropLast()): String(parts[1]),
        ])
        #expect(error?.contains("quantized (\(named))") == true, "\(error ?? "accepted")")
        #expect(error?.contains("dequantize()") == true)
        #expect(refusal(["model_type": "\"llama\"", "quantization_config": "null"]) == nil)
    }

    @Test func aWrapperNamesItsTextModel() {
        let known = refusal(["model_type": "\"gemma3\"", "text_config": #"{"model_type": "gemma3_text"}"#])
        #expect(known?.contains("gemma3 wraps a text model (gemma3_text)") == true)
        #expect(known?.contains("m.model.language_model") == true)
        let other = refusal(["model_type": "\"qwen2_vl\"", "text_config": #"{"model_type": "qwen2_vl_text"}"#])
        #expect(other?.contains("(qwen2_vl_text)") == true && other?.contains("known families") == true)
    }

    @Test func aFieldThatIsNotKnownMayBeIgnored() throws {
        let fields = ["model_type": "\"llama\"", "made_by": "\"somebody\"", "rope_theta": "500.0", "pad_token_id": "1"]
        #expect(refusal(fields)?.contains("--ignore-config-field") == true)
        let configuration = try configuration(fields).ignoring(["made_by", "not_there"])
        let model = try ModelFamilies.architecture(configuration)
        #expect(model.remarks.count == 1 && model.remarks[0].contains("made_by"))
        #expect(configuration.members[key: "made_by"] == .string("somebody"))
        for field in ["rope_theta", "pad_token_id", "vocab_size"] {
            let error = #expect(throws: ConfigurationError.self) {
                try ModelFamilies.architecture(configuration.ignoring([field]))
            }
            #expect(error?.description.contains("field \(field) is read here") == true)
        }
        #expect(refusal(["model_type": "\"llama\"", "_model_name_or_path": "\"a\""]) == nil)
    }

    /// As transformers: an embedding's fields beside those by layer type, or alone, count for no layer.
    @Test func aBaseThatCountsNowhereIsSaid() throws {
        let odd = try model("olmo3", ["rope_parameters": #"{"rope_type": "default", "rope_theta": 10000.0}"#])
        #expect(odd.remarks.count == 1 && odd.remarks[0].contains("rope_theta 10000.0"))
        let same = try model("olmo3", ["rope_parameters": #"{"rope_type": "default", "rope_theta": 500000}"#])
        #expect(same.remarks.isEmpty)
    }

    private func model(
        _ family: String, _ fields: [String: String] = [:], without absent: String? = nil
    ) throws -> TransformerArchitecture {
        try ModelFamilies.architecture(
            configuration(fields.merging(["model_type": "\"\(family)\""]) { own, _ in own }, without: absent))
    }

    /// The error's text, nil where there is none.
    private func refusal(_ fields: [String: String]) -> String? {
        do {
            _ = try ModelFamilies.architecture(configuration(fields))
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func configuration(_ fields: [String: String], without absent: String? = nil) throws -> ConfigurationObject
    {
        var members = [
            "hidden_size": "24", "intermediate_size": "40", "num_hidden_layers": "2", "num_attention_heads": "3",
            "num_key_value_heads": "1", "vocab_size": "100", "max_position_embeddings": "64",
        ].merging(fields) { $1 }
        if let absent { members[absent] = nil }
        let text = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
        return try ConfigurationObject(parsing: Array("{\(text)}".utf8), source: "config.json")
    }
}

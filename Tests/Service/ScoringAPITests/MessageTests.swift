import JSONValues
import ScoringAPI
import Testing

@Suite struct MessageTests {
    private static let hex = String(repeating: "c0", count: 32)
    private static let identity = ModelIdentity(
        model: "demo", modelFingerprint: hex, tokenizerFingerprint: hex, scoresFingerprint: hex)
    private static let model = ModelInfo(
        identity: identity, role: .teacher, isDefault: true, family: "llama", precision: "f32",
        parameterCount: 134_515_008, vocabularySize: 49_152, contextLength: 2048,
        selfCheck: SelfCheckInfo(kernelPath: "avx512f", weightShapes: 5, rowsCompared: 700, milliseconds: 80))

    @Test(arguments: [nil, 1234.5]) func infoReadsBack(_ rate: Double?) throws {
        let info = InfoResponse(
            version: "0.1.0", identity: Self.identity, precision: "f32", kernelPath: "avx512f", threads: 2,
            memoryBoundBytes: 1 << 40, tokensPerSecond: rate,
            limits: ServerLimits(
                maxBodyBytes: 1, maxInputs: 2, maxRequestTokens: 3, maxSequenceTokens: 4, maxBatchTokens: 5,
                maxQueuedTokens: 6),
            models: [Self.model])
        #expect(try InfoResponse(json: info.json()) == info)
        let text = String(decoding: info.json(), as: UTF8.self)
        for (at, name) in [
            "max_body_bytes", "max_inputs", "max_request_tokens", "max_sequence_tokens", "max_batch_tokens",
            "max_queued_tokens",
        ].enumerated() { #expect(text.contains("\"\(name)\":\(at + 1)")) }
    }

    @Test func modelsReadBack() throws {
        var base = Self.model
        base.role = .base
        base.isDefault = false
        let models = ModelsResponse(models: [Self.model, base])
        #expect(try ModelsResponse(json: models.json()) == models)
    }

    @Test func aClientPassesOverWhatItDoesNotKnow() throws {
        var bytes = ModelsResponse(models: []).json()
        bytes.removeLast()
        bytes += Array(#","later":{"a":[1,null]}}"#.utf8)
        #expect(try ModelsResponse(json: bytes).models.isEmpty)
    }

    @Test func tokenizeReadsBack() throws {
        let request = TokenizeRequest(
            text: "17 + 25\n\"é🙂", addSpecialTokens: false, pins: ModelPins(model: "m", tokenizerFingerprint: Self.hex))
        #expect(try TokenizeRequest(json: request.json()) == request)
        #expect(try TokenizeRequest(json: Array(#"{"text":""}"#.utf8)) == TokenizeRequest(text: ""))
        let response = TokenizeResponse(
            tokenizerFingerprint: Self.hex, tokenIDs: [1, 2], tokens: ["<s>", " +"], offsets: [0..<0, 2..<4])
        #expect(try TokenizeResponse(json: response.json()) == response)
        #expect(String(decoding: response.json(), as: UTF8.self).contains(#""offsets":[[0,0],[2,4]]"#))
    }

    @Test func detokenizeReadsBack() throws {
        let request = DetokenizeRequest(tokenIDs: [0, 5], skipSpecialTokens: true)
        #expect(try DetokenizeRequest(json: request.json()) == request)
        let response = DetokenizeResponse(tokenizerFingerprint: Self.hex, text: "a\u{FFFD}")
        #expect(try DetokenizeResponse(json: response.json()) == response)
    }

    @Test(arguments: [
        "{}", #"{"text":7}"#, #"{"text":"x","texts":"y"}"#, #"{"text":"x","add_special_tokens":"yes"}"#, "[]", "",
        #"{"text":"\ud83d"}"#,
    ])
    func tokenizeRefuses(_ text: String) {
        #expect(throws: WireError.self) { try TokenizeRequest(json: Array(text.utf8)) }
    }

    @Test(arguments: ["{}", #"{"token_ids":[1.5]}"#, #"{"token_ids":[-1]}"#, #"{"token_ids":[1],"ids":[]}"#])
    func detokenizeRefuses(_ text: String) {
        #expect(throws: WireError.self) { try DetokenizeRequest(json: Array(text.utf8)) }
    }

    @Test func statusSaysAliveOrReady() {
        #expect(String(decoding: StatusResponse(status: .ready).json(), as: UTF8.self) == #"{"status":"ready"}"#)
    }
}

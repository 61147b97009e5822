import Annealing
import ScoringAPI
import TeacherLinks
import Testing
import Transformers

struct TeacherAgreementTests {
    private func info(engine: EngineInfo? = nil) -> InfoResponse {
        func identity(_ name: String) -> ModelIdentity {
            ModelIdentity(
                model: name, modelFingerprint: name + "-model", tokenizerFingerprint: name + "-tokenizer",
                scoresFingerprint: name + "-scores")
        }
        func model(_ name: String, context: Int) -> ModelInfo {
            ModelInfo(
                identity: identity(name), role: .teacher, isDefault: name == "first", family: "llama", precision: "f32",
                parameterCount: 1, vocabularySize: 60, contextLength: context, engine: engine)
        }
        return InfoResponse(
            version: "0", identity: identity("first"), precision: "f32", kernelPath: "", threads: 1,
            memoryBoundBytes: 0,
            tokensPerSecond: nil,
            limits: ServerLimits(
                maxBodyBytes: 1, maxInputs: 1, maxRequestTokens: 10_000, maxSequenceTokens: 4096, maxBatchTokens: 4096,
                maxQueuedTokens: 10_000, maxTopK: 64),
            models: [model("first", context: 8192), model("second", context: 512)])
    }

    private func check(_ teacher: String?, tokenizer: String, length: Int) throws -> ModelIdentity {
        try TeacherAgreement(info: info(), teacher: teacher).check(tokenizer: tokenizer, sequenceLength: length)
    }

    @Test func theDefaultTeacherOrTheOneAskedFor() throws {
        #expect(try check(nil, tokenizer: "first-tokenizer", length: 4096).model == "first")
        #expect(try check("second", tokenizer: "second-tokenizer", length: 512).model == "second")
        #expect(try check("second-model", tokenizer: "second-tokenizer", length: 512).model == "second")
        #expect(throws: TeacherError.unknownTeacher(asked: "third", known: ["first", "second"])) {
            try check("third", tokenizer: "", length: 1)
        }
    }

    @Test func anotherTokenizerIsRefusedWithBoth() {
        #expect(throws: TeacherError.otherTokenizer(teacher: "first", server: "first-tokenizer", student: "mine")) {
            try check(nil, tokenizer: "mine", length: 1)
        }
    }

    @Test func aSequenceBeyondContextOrLimitIsRefused() {
        #expect(throws: TeacherError.sequenceTooLong(requested: 513, limit: 512, teacher: "second")) {
            try check("second", tokenizer: "second-tokenizer", length: 513)
        }
        #expect(throws: TeacherError.sequenceTooLong(requested: 4097, limit: 4096, teacher: "first")) {
            try check(nil, tokenizer: "first-tokenizer", length: 4097)
        }
    }

    @Test func distillationNeedsEnoughOfTheVocabularyThatBothHave() throws {
        func check(_ topK: Int, _ vocabulary: Int) throws {
            _ = try TeacherAgreement(info: info(), teacher: "second").check(
                tokenizer: "second-tokenizer", sequenceLength: 512,
                distilled: DistilledTeacher(DistillationOptions(topK: topK), vocabularySize: vocabulary))
        }
        try check(60, 60)
        try check(60, 64)
        try check(32, 50)
        #expect(throws: TeacherError.topKTooLarge(requested: 61, limit: 60, teacher: "second")) { try check(61, 60) }
        #expect(throws: TeacherError.topKTooLarge(requested: 51, limit: 50, teacher: "second")) { try check(51, 50) }
    }

    /// Normalizers and entropies are of whole distributions, which vLLM and SGLang do not tell.
    @Test func onlyWhatIsComputedHereIsTemperedOrSwitched() throws {
        func check(_ engine: String?, _ options: DistillationOptions) throws {
            let engine = engine.map { EngineInfo(kind: $0, weights: "declared", isBitReproducible: false) }
            _ = try TeacherAgreement(info: info(engine: engine), teacher: nil).check(
                tokenizer: "first-tokenizer", sequenceLength: 512,
                distilled: DistilledTeacher(options, vocabularySize: 60))
        }
        let tempered = DistillationOptions(divergence: Divergence(temperature: 2))
        let switched = DistillationOptions(switchQuantile: 0.2)
        for options in [tempered, switched] {
            try check(nil, options)
            try check("local", options)
            #expect(throws: TeacherError.noTemperedScores(teacher: "first", engine: "vllm")) {
                try check("vllm", options)
            }
        }
        try check("sglang", DistillationOptions(divergence: Divergence(.reverse)))
    }

    @Test func anotherPaddingIsSaid() {
        let distilled = DistilledTeacher(DistillationOptions(topK: 8), vocabularySize: 151_936)
        #expect(distilled.remark(teacher: "t", vocabularySize: 151_936) == nil)
        for (other, shared) in [(152_064, 151_936), (151_808, 151_808)] {
            let words = distilled.remark(teacher: "t", vocabularySize: other) ?? ""
            #expect(
                words.contains("t predicts \(other) tokens, the student 151936")
                    && words.contains("first \(shared) apart"))
        }
    }

    @Test func theFirstScoresArePinned() throws {
        let pin = ScoresPin(nil, allowMixed: false)
        try pin.check("a")
        try pin.check("a")
        #expect(throws: TeacherError.otherScores(first: "a", now: "b")) { try pin.check("b") }
        let resumed = ScoresPin("a", allowMixed: false)
        #expect(throws: TeacherError.otherScores(first: "a", now: "b")) { try resumed.check("b") }
        let mixed = ScoresPin("a", allowMixed: true)
        for scores in ["b", "a", "c", "b"] { try mixed.check(scores) }
        #expect(mixed.value == "a" && mixed.others == ["b", "c"])
        #expect(pin.others.isEmpty && resumed.others.isEmpty)
    }
}

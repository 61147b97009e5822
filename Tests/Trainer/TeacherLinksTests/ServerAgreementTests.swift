import ScoringAPI
import TeacherLinks
import Testing

struct ServerAgreementTests {
    private func identity(_ model: String, scores: String = "f32") -> ModelIdentity {
        ModelIdentity(
            model: model + "-name", modelFingerprint: model, tokenizerFingerprint: "t",
            scoresFingerprint: model + "-" + scores)
    }

    private func served(
        _ server: String, _ model: String, scores: String = "f32", base: ModelIdentity? = nil
    ) -> ServedTeacher {
        ServedTeacher(server: server, teacher: identity(model, scores: scores), base: base)
    }

    private func refusal(
        _ servers: [ServedTeacher], known: KnownTeacher? = nil, allowMixedScores: Bool = false
    ) -> TeacherError? {
        var agreement = ServerAgreement(known: known, allowMixedScores: allowMixedScores)
        do {
            for served in servers { try agreement.add(served) }
            return nil
        } catch {
            return error
        }
    }

    @Test func serversOfOneTeacherAgree() throws {
        #expect(refusal([served("a", "m"), served("b", "m"), served("c", "m")]) == nil)
        var agreement = ServerAgreement(allowMixedScores: false)
        try agreement.add(served("a", "m"))
        try agreement.add(served("b", "m"))
        #expect(agreement.first?.server == "a")
    }

    @Test(arguments: [false, true]) func anotherModelIsNeverOneOfThem(_ allowMixedScores: Bool) throws {
        let error = try #require(
            refusal([served("http://a", "m"), served("http://b", "n")], allowMixedScores: allowMixedScores))
        for text in [
            "http://a has m-name, model_fingerprint m", "http://b has n-name, model_fingerprint n", "--teacher",
        ] {
            #expect(error.description.contains(text), "\(error)")
        }
        #expect(!error.description.contains("--allow-mixed-scores"))
    }

    @Test func otherScoresMayBeAllowed() throws {
        let servers = [served("http://a", "m"), served("http://b", "m", scores: "bf16")]
        let error = try #require(refusal(servers))
        for text in ["http://b", "scores_fingerprint m-f32", "scores_fingerprint m-bf16", "--allow-mixed-scores"] {
            #expect(error.description.contains(text), "\(error)")
        }
        #expect(refusal(servers, allowMixedScores: true) == nil)
    }

    @Test func basesAreComparedWhereTheyCount() throws {
        let error = try #require(
            refusal([served("a", "m", base: identity("x")), served("b", "m", base: identity("x", scores: "bf16"))]))
        #expect(error.description.contains("scores_fingerprint x-bf16"))
        let other = try #require(
            refusal(
                [served("a", "m", base: identity("x")), served("b", "m", base: identity("y"))], allowMixedScores: true))
        #expect(other.description.contains("one base"))
    }

    @Test func aResumedRunHoldsEveryServerToItsTeacher() throws {
        let known = KnownTeacher(modelFingerprint: "m", scoresFingerprint: "m-f32")
        #expect(refusal([served("a", "m"), served("b", "m")], known: known) == nil)
        #expect(
            refusal([served("a", "n")], known: known) == .changedTeacher(server: "a", was: "m", now: "n"))
        #expect(
            refusal([served("a", "m"), served("b", "m", scores: "bf16")], known: known)
                == .at(server: "b", .otherScores(first: "m-f32", now: "m-bf16")))
        #expect(refusal([served("a", "m", scores: "bf16")], known: known, allowMixedScores: true) == nil)
        #expect(
            refusal([served("a", "m", scores: "x")], known: KnownTeacher(modelFingerprint: "m", scoresFingerprint: nil))
                == nil)
        let message = TeacherError.changedTeacher(server: "http://a", was: "m", now: "n").description
        #expect(message.contains("http://a") && message.contains("--allow-teacher-change"))
    }

    /// --allow-teacher-change is no --allow-mixed-scores.
    @Test func aTeacherThatMayChangeKeepsItsScoresWhereItDoesNot() {
        let known = KnownTeacher(modelFingerprint: "m", scoresFingerprint: "m-f32", mayChange: true)
        #expect(refusal([served("a", "n"), served("b", "n")], known: known) == nil)
        #expect(refusal([served("a", "m")], known: known) == nil)
        #expect(
            refusal([served("a", "m", scores: "bf16")], known: known)
                == .at(server: "a", .otherScores(first: "m-f32", now: "m-bf16")))
        #expect(refusal([served("a", "m", scores: "bf16")], known: known, allowMixedScores: true) == nil)
    }

    @Test func theBaseIsTheStudentOfTheRun() throws {
        func needs(_ student: String) -> TeacherNeeds {
            TeacherNeeds(teacher: nil, tokenizer: "t", sequenceLength: 8, baseStudent: student)
        }
        func info(base: ModelIdentity?) -> InfoResponse {
            let models = [(identity("m"), ModelInfo.Role.teacher)] + (base.map { [($0, .base)] } ?? [])
            return InfoResponse(
                version: "0", identity: identity("m"), precision: "f32", kernelPath: "", threads: 1,
                memoryBoundBytes: 0,
                tokensPerSecond: nil,
                limits: ServerLimits(
                    maxBodyBytes: 1, maxInputs: 1, maxRequestTokens: 10, maxSequenceTokens: 10, maxBatchTokens: 10,
                    maxQueuedTokens: 10),
                models: models.map { identity, role in
                    ModelInfo(
                        identity: identity, role: role, isDefault: role == .teacher, family: "llama", precision: "f32",
                        parameterCount: 1, vocabularySize: 9, contextLength: 16)
                })
        }
        #expect(try needs("s").served(info(base: identity("s")), at: "a").base == identity("s"))
        #expect(throws: TeacherError.at(server: "a", .noBase)) { try needs("s").served(info(base: nil), at: "a") }
        #expect(throws: TeacherError.at(server: "a", .otherBase(base: "x-name", server: "x", student: "s"))) {
            try needs("s").served(info(base: identity("x")), at: "a")
        }
        let without = TeacherNeeds(teacher: "z", tokenizer: "t", sequenceLength: 8)
        #expect(throws: TeacherError.at(server: "http://a", .unknownTeacher(asked: "z", known: ["m-name"]))) {
            try without.served(info(base: nil), at: "http://a")
        }
    }
}

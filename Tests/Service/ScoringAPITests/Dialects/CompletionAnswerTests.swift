import JSONValues
import ScoringAPI
import Testing

@Suite struct CompletionAnswerTests {
    private static let hex = String(repeating: "c0", count: 32)

    /// Ids 7 and 8 read the same, as parts of characters do; id 5 is two characters, one of them of two bytes.
    private static let surfaces: [Int32: String] = [5: "é!", 6: " b", 7: "\u{FFFD}", 8: "\u{FFFD}", 9: "c"]

    private static func answer(_ members: String, _ result: ScoreResult, texts: [String] = []) throws -> JSONObject {
        let request = try CompletionRequest(json: Array("{\"prompt\":[5],\(members)}".utf8))
        let answer = CompletionAnswer(
            request, id: "r1", created: 17, texts: texts, surface: { surfaces[$0] ?? "?" })
        let response = ScoreResponse(
            identity: ModelIdentity(
                model: "demo", modelFingerprint: hex, tokenizerFingerprint: hex, scoresFingerprint: hex),
            results: [result])
        guard case .object(let object) = try JSONValue(parsing: answer.json(response)) else { throw NotAnObject() }
        return object
    }

    private struct NotAnObject: Error {}

    private static func choice(_ answer: JSONObject) throws -> JSONObject {
        guard case .array(let choices)? = answer[key: "choices"], case .object(let choice)? = choices.first else {
            throw NotAnObject()
        }
        return choice
    }

    private static func text(_ value: JSONValue?) -> String {
        value.map { String(decoding: $0.compact, as: UTF8.self) } ?? "absent"
    }

    /// Prompt 5, 6, 8 and what follows it: 9. At the place of 8 the likeliest is 7, which reads the same.
    private static let scored = ScoreResult(
        tokenIDs: [5, 6, 8, 8], tokens: ["é!", " b", "\u{FFFD}", "\u{FFFD}"], offsets: [0..<3, 3..<5, 5..<8],
        teacherLogProbs: [.nan, -0.25, -3, -9],
        top: TopTokens(
            k: 2, tokenIDs: [-1, -1, 6, 9, 7, 9, 9, 5], logProbs: [.nan, .nan, -0.25, -2, -0.5, -1, -0.125, -4]))

    @Test func openAIsFormHasOneEntryAToken() throws {
        let answer = try Self.answer(
            #""max_tokens":1,"echo":true,"logprobs":1"#, Self.scored, texts: ["é! b\u{FFFD}"])
        #expect(answer[key: "id"] == .string("cmpl-r1") && answer[key: "created"] == .integer(17))
        #expect(
            Self.text(answer[key: "usage"]) == #"{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}"#)
        let choice = try Self.choice(answer)
        #expect(choice[key: "text"] == .string("é! b\u{FFFD}c") && choice[key: "finish_reason"] == .string("length"))
        #expect(choice[key: "prompt_logprobs"] == nil && choice[key: "token_ids"] == nil)
        #expect(
            Self.text(choice[key: "logprobs"])
                == #"{"tokens":["é!"," b","\#u{FFFD}","c"],"token_logprobs":[null,-0.25,-3.0,-0.125],"#
                // The likeliest of those that read the same stands, so that the realized one is not taken for it.
                + #""top_logprobs":[null,{" b":-0.25},{"\#u{FFFD}":-0.5},{"c":-0.125}],"text_offset":[0,2,4,5]}"#)
    }

    @Test func idsInPlaceOfTextsTellAllTokensApart() throws {
        let choice = try Self.choice(
            Self.answer(
                #""max_tokens":1,"echo":true,"logprobs":2,"return_tokens_as_token_ids":true,"return_token_ids":true"#,
                Self.scored, texts: ["é! b\u{FFFD}"]))
        #expect(
            Self.text(choice[key: "logprobs"])
                == #"{"tokens":["token_id:5","token_id:6","token_id:8","token_id:9"],"#
                + #""token_logprobs":[null,-0.25,-3.0,-0.125],"#
                + #""top_logprobs":[null,{"token_id:6":-0.25,"token_id:9":-2.0},"#
                + #"{"token_id:7":-0.5,"token_id:9":-1.0,"token_id:8":-3.0},{"token_id:9":-0.125,"token_id:5":-4.0}],"#
                + #""text_offset":[0,2,4,5]}"#)
        #expect(Self.text(choice[key: "prompt_token_ids"]) == "[5,6,8]")
        #expect(Self.text(choice[key: "token_ids"]) == "[9]")
    }

    @Test func withoutEchoTheTokenAloneIsShown() throws {
        let choice = try Self.choice(Self.answer(#""max_tokens":1,"temperature":0,"logprobs":0"#, Self.scored))
        #expect(choice[key: "text"] == .string("c"))
        #expect(
            Self.text(choice[key: "logprobs"])
                == #"{"tokens":["c"],"token_logprobs":[-0.125],"top_logprobs":[{"c":-0.125}],"text_offset":[0]}"#)
    }

    @Test func vllmsFormHasTheRealizedTokenAndTheLikeliest() throws {
        let choice = try Self.choice(Self.answer(#""max_tokens":1,"prompt_logprobs":2"#, Self.scored))
        #expect(choice[key: "logprobs"] == .null && choice[key: "text"] == .string("c"))
        #expect(
            Self.text(choice[key: "prompt_logprobs"])
                == #"[null,{"6":{"logprob":-0.25,"rank":1,"decoded_token":" b"},"#
                + #""9":{"logprob":-2.0,"rank":2,"decoded_token":"c"}},"#
                + #"{"8":{"logprob":-3.0,"rank":3,"decoded_token":"\#u{FFFD}"},"#
                + #""7":{"logprob":-0.5,"rank":1,"decoded_token":"\#u{FFFD}"},"#
                + #""9":{"logprob":-1.0,"rank":2,"decoded_token":"c"}}]"#)
    }

    /// Nothing is known then of how many tokens are likelier.
    @Test func withoutLikeliestTokensThereIsNoRank() throws {
        let plain = ScoreResult(tokenIDs: [5, 6], teacherLogProbs: [.nan, -0.25])
        let answer = try Self.answer(#""max_tokens":0,"prompt_logprobs":0"#, plain)
        #expect(
            Self.text(try Self.choice(answer)[key: "prompt_logprobs"])
                == #"[null,{"6":{"logprob":-0.25,"rank":null,"decoded_token":" b"}}]"#)
        #expect(
            Self.text(answer[key: "usage"]) == #"{"prompt_tokens":2,"completion_tokens":0,"total_tokens":2}"#)
    }

    /// Ids do not say where in a text they stand. Special tokens around one stand where the text begins and ends.
    @Test func offsetsCountCharacters() throws {
        func offsets(_ spans: [Range<Int>]?, _ text: String) throws -> String {
            let result = ScoreResult(
                tokenIDs: [5, 6, 9], tokens: ["x", "y", "z"], offsets: spans, teacherLogProbs: [.nan, -1, -1])
            let choice = try Self.choice(
                Self.answer(#""max_tokens":0,"echo":true,"logprobs":0"#, result, texts: [text]))
            guard case .object(let object)? = choice[key: "logprobs"] else { throw NotAnObject() }
            return Self.text(object[key: "text_offset"])
        }
        #expect(try offsets(nil, "abc") == "null")
        #expect(try offsets([0..<0, 0..<4, 4..<6], "🙂é") == "[0,0,1]")
        #expect(try offsets([0..<4, 4..<6, 0..<0], "🙂é") == "[0,1,2]")
        #expect(try offsets([0..<4, 0..<4, 4..<5], "🙂a") == "[0,0,1]")
    }

    @Test func errorsAreOpenAIs() throws {
        let form = FailureBody.dialect(prompts: "prompt")
        for (kind, status, type) in [
            (ProblemKind.invalidField, 400, "invalid_request_error"), (.invalidInput, 400, "invalid_request_error"),
            (.sequenceTooLong, 400, "invalid_request_error"), (.unknownModel, 404, "invalid_request_error"),
            (.requestTooLarge, 413, "invalid_request_error"), (.rateLimited, 429, "invalid_request_error"),
            (.queueFull, 503, "server_error"), (.loading, 503, "server_error"), (.internalError, 500, "server_error"),
        ] {
            let failure = form(Problem(kind, detail: "inputs[3]: x", extensions: ["item": .integer(3)]))
            #expect(failure.status == status && failure.mediaType == .json)
            #expect(
                String(decoding: failure.bytes, as: UTF8.self)
                    == "{\"error\":{\"message\":\"prompt[3]: x\",\"type\":\"\(type)\",\"param\":\"prompt[3]\","
                    + "\"code\":\"\(kind.rawValue)\"}}")
        }
        let field = form(Problem(.invalidField, detail: "n: no", extensions: ["path": .string("n")]))
        #expect(
            String(decoding: field.bytes, as: UTF8.self)
                == #"{"error":{"message":"n: no","type":"invalid_request_error","param":"n","code":"invalid-field"}}"#)
    }
}

import JSONValues
import ScoringAPI
import Testing

/// SGLang's form of a request and its answer.
@Suite struct GenerateTests {
    private static func read(_ text: String) throws -> GenerateRequest { try GenerateRequest(json: Array(text.utf8)) }

    /// As slime's reward function asks for a teacher's log-probs.
    private static let recorded =
        #"{"input_ids": [5, 9, 2], "sampling_params": {"temperature": 0, "max_new_tokens": 0, "skip_special_tokens": false}, "#
        + #""return_logprob": true, "logprob_start_len": 0}"#

    @Test func theRequestIsRead() throws {
        let request = try Self.read(Self.recorded)
        #expect(request.prompts == [.tokenIDs([5, 9, 2])] && !request.isBatch && request.topK == 0)
        #expect(!request.scoreRequest.predictsNext)
        let batch = try Self.read(
            #"{"text":["a","b"],"sampling_params":{"max_new_tokens":0,"temperature":1,"top_p":1},"return_logprob":true,"#
                + #""logprob_start_len":0,"top_logprobs_num":2,"return_text_in_logprobs":true,"stream":false,"rid":"r"}"#
        )
        #expect(batch.prompts == [.text("a"), .text("b")] && batch.isBatch && batch.topK == 2 && batch.returnsTexts)
    }

    @Test(arguments: [
        ("sampling_params.max_new_tokens", #""max_new_tokens": 0"#, #""max_new_tokens": 8"#),
        ("sampling_params.max_new_tokens", #""max_new_tokens": 0"#, #""top_p": 1"#),
        ("sampling_params.temperature", #""temperature": 0"#, #""temperature": 0.5"#),
        ("sampling_params.n", #""temperature": 0"#, #""n": 2"#),
        ("sampling_params.tokens", #""temperature": 0"#, #""tokens": 2"#),
        ("return_logprob", #""return_logprob": true"#, #""return_logprob": false"#),
        ("return_logprob", #""return_logprob": true"#, #""rid": "a""#),
        ("logprob_start_len", #""logprob_start_len": 0"#, #""logprob_start_len": 2"#),
        ("logprob_start_len", #", "logprob_start_len": 0"#, ""),
        ("input_ids", "[5, 9, 2]", #""five""#), ("input_ids", "[5, 9, 2]", "[]"),
        ("text", #""input_ids": [5, 9, 2]"#, #""text": [5]"#),
        ("text", #""input_ids": [5, 9, 2]"#, #""input_ids": [5], "text": "a""#),
        ("image_data", #""input_ids""#, #""image_data": [], "input_ids""#),
    ])
    func anythingElseIsRefused(_ path: String, _ part: String, _ other: String) throws {
        let text = Self.recorded.replacing(part, with: other)
        #expect(text != Self.recorded)
        let error = try #require(throws: WireError.self) { try Self.read(text) }
        #expect(error.extensions[key: "path"] == .string(path), "\(error)")
    }

    @Test func theAnswerHasTriples() throws {
        let result = ScoreResult(
            tokenIDs: [5, 9], teacherLogProbs: [.nan, -1.5],
            top: TopTokens(k: 1, tokenIDs: [-1, 7], logProbs: [.nan, -0.25]))
        let hex = String(repeating: "c0", count: 32)
        func answer(_ request: String) throws -> String {
            let body = GenerateAnswer(try Self.read(request), id: "r1", surface: { "<\($0)>" }).json(
                ScoreResponse(
                    identity: ModelIdentity(
                        model: "demo", modelFingerprint: hex, tokenizerFingerprint: hex, scoresFingerprint: hex),
                    results: [result]))
            return String(decoding: body, as: UTF8.self)
        }
        let meta =
            #""finish_reason":{"type":"length","length":0},"prompt_tokens":2,"completion_tokens":0,"weight_version":"\#(hex)","#
        #expect(
            try answer(Self.recorded)
                == #"{"text":"","output_ids":[],"meta_info":{"id":"r1",\#(meta)"#
                + #""input_token_logprobs":[[null,5,null],[-1.5,9,null]],"output_token_logprobs":[]}}"#)
        let batch = Self.recorded.replacing("[5, 9, 2]", with: "[[5, 9]]").replacing(
            "\"return_logprob\"", with: "\"top_logprobs_num\": 1, \"return_text_in_logprobs\": true, \"return_logprob\""
        )
        #expect(
            try answer(batch)
                == #"[{"text":"","output_ids":[],"meta_info":{"id":"r1-0",\#(meta)"#
                + #""input_token_logprobs":[[null,5,"<5>"],[-1.5,9,"<9>"]],"output_token_logprobs":[],"#
                + #""input_top_logprobs":[null,[[-0.25,7,"<7>"]]],"output_top_logprobs":[]}}]"#)
    }
}

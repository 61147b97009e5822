import HTTPSockets
import JSONValues
import ScoringAPI
import ScoringServer
import Testing

/// The dialects' routes beside /v1/completions.
@Suite struct OtherDialectTests {
    private static let generate =
        #"{"input_ids":[5,9,2],"sampling_params":{"temperature":0,"max_new_tokens":0,"skip_special_tokens":false},"#
        + #""return_logprob":true,"logprob_start_len":0}"#

    @Test(arguments: Transport.allCases)
    func sglangsFormHasTheSameLogProbs(_ transport: Transport) async throws {
        try await withService(transport) { test in
            let reply = try test.caller.post("/generate", Self.generate)
            let logProbs = test.teacher.logProbs(of: [5, 9, 2])
            #expect(
                reply.text.contains(
                    "\"input_token_logprobs\":[[null,5,null],[\(logProbs[1]),9,null],[\(logProbs[2]),2,null]]"))
            let again = try test.caller.post(
                "/generate", Self.generate.replacing("[5,9,2]", with: "[[5,9,2],[5,9,2]]"))
            #expect(again.fields["X-Cached-Tokens"] == "3" && again.text.hasPrefix("[{"))
            let wrong = try test.caller.post("/generate", Self.generate.replacing("9", with: "300"))
            #expect(try wrong.status == 400 && wrong.dialectError().param == .string("input_ids[0]"))
        }
    }

    @Test(arguments: Transport.allCases)
    func vllmsTokenizerRoutesSayWhatOursSay(_ transport: Transport) async throws {
        try await withService(transport, .init(addsSpecial: true)) { test in
            let own = try TokenizeResponse(json: test.caller.post("/v1/tokenize", #"{"text":"é+"}"#).body)
            let ids = "[" + own.tokenIDs.map(String.init).joined(separator: ",") + "]"
            #expect(
                try test.caller.post("/tokenize", #"{"prompt":"é+"}"#).text
                    == "{\"count\":4,\"max_model_len\":64,\"tokens\":\(ids)}")
            let plain = try test.caller.post("/tokenize", #"{"prompt":"é+","add_special_tokens":false}"#)
            #expect(plain.text.hasPrefix(#"{"count":3,"#))
            #expect(
                try test.caller.post("/detokenize", "{\"tokens\":\(ids)}").text == #"{"prompt":"<|end|>é+"}"#)
            #expect(
                try test.caller.get("/tokenizer_info").text
                    == #"{"bos_token":null,"eos_token":null,"pad_token":null,"unk_token":null,"chat_template":null}"#)
        }
    }

    @Test func theirErrorsHaveTheDialectsForm() async throws {
        try await withService(.inProcess) { test in
            for (path, body, status, code) in [
                ("/tokenize", "{}", 400, "invalid-field"), ("/tokenize", #"{"prompt":5}"#, 400, "invalid-field"),
                ("/tokenize", #"{"prompt":"a","messages":[]}"#, 400, "invalid-field"),
                ("/tokenize", #"{"prompt":"a","model":"other"}"#, 404, "unknown-model"),
                ("/detokenize", #"{"tokens":[999]}"#, 400, "invalid-input"),
                ("/detokenize", #"{"tokens":[-1]}"#, 400, "invalid-input"),
                ("/detokenize", #"{"token_ids":[1]}"#, 400, "invalid-field"),
            ] {
                let reply = try test.caller.post(path, body)
                #expect(try reply.status == status && reply.dialectError().code == code, "\(path) \(body)")
            }
        }
    }

    @Test func keysAreAskedFor() async throws {
        try await withService(.inProcess, .init(keys: "ring:secret-of-the-ring")) { test in
            let replies = [
                try test.caller.get("/tokenizer_info"), try test.caller.post("/tokenize", #"{"prompt":"a"}"#),
                try test.caller.post("/detokenize", #"{"tokens":[1]}"#),
                try test.caller.post("/generate", Self.generate),
            ]
            for reply in replies {
                #expect(try reply.status == 401 && reply.dialectError().code == "unauthorized")
            }
        }
    }

    @Test func withoutDialectsThereAreNone() async throws {
        try await withService(.inProcess, .init(hasDialects: false)) { test in
            let posted = try ["/generate", "/tokenize", "/detokenize"].map { try test.caller.post($0, "{}").status }
            #expect(posted == [404, 404, 404])
            #expect(try test.caller.get("/tokenizer_info").status == 404)
            #expect(try test.caller.post("/v1/tokenize", #"{"text":"a"}"#).status == 200)
        }
    }
}

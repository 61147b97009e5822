import JSONValues
import ScoringAPI
import Testing

@Suite struct CompletionRequestTests {
    private static func read(_ text: String) throws -> CompletionRequest {
        try CompletionRequest(json: Array(text.utf8))
    }

    /// What each client sends: recorded from lm-eval 0.4.13, TRL 1.16 (VLLMClient, and its asynchronous worker), the OpenAI SDK 3.57.
    @Test func theClientsRequestsAreRead() throws {
        let harness = try Self.read(
            """
            {"model": "demo-teacher", "prompt": [[5, 9, 2], [7, 8]], "temperature": 0, "max_tokens": 1, "logprobs": 1, \
            "seed": 1234, "echo": true}
            """)
        var expected = CompletionRequest(prompts: [.tokenIDs([5, 9, 2]), .tokenIDs([7, 8])], maxTokens: 1)
        (expected.echo, expected.logProbs, expected.pins.model) = (true, 1, "demo-teacher")
        #expect(harness == expected)

        let distiller = try Self.read(
            #"{"model":"t","prompt":[[5,9,2]],"max_tokens":1,"temperature":1.0,"prompt_logprobs":100}"#)
        expected = CompletionRequest(prompts: [.tokenIDs([5, 9, 2])], maxTokens: 1)
        (expected.promptLogProbs, expected.pins.model) = (100, "t")
        #expect(distiller == expected)

        let worker = try Self.read(
            #"{"model":"t","prompt":[5,9,2],"max_tokens":1,"temperature":1.0,"prompt_logprobs":8}"#)
        #expect(worker.prompts == [.tokenIDs([5, 9, 2])] && worker.topK == ("prompt_logprobs", 8))

        let kit = try Self.read(
            #"{"model":"t","prompt":"17 + 25","echo":true,"logprobs":3,"max_tokens":0,"temperature":0}"#)
        #expect(kit.prompts == [.text("17 + 25")] && kit.echo && kit.logProbs == 3 && kit.maxTokens == 0)
        #expect(
            try Self.read(#"{"prompt":["a","b"],"max_tokens":1,"temperature":0}"#).prompts
                == [.text("a"), .text("b")])
        // Who asks for the prompt need not say a temperature.
        #expect(try Self.read(#"{"prompt":[5,9],"echo":true,"logprobs":1,"max_tokens":1}"#).maxTokens == 1)
    }

    @Test func itAsksForAsManyLikeliestTokensAsAnyFieldNeeds() throws {
        for (text, field, count) in [
            (#""max_tokens":0,"echo":true,"logprobs":0"#, "max_tokens", 0),
            (#""max_tokens":1"#, "max_tokens", 1), (#""max_tokens":1,"logprobs":1"#, "max_tokens", 1),
            (#""max_tokens":1,"logprobs":5"#, "logprobs", 5),
            (#""max_tokens":0,"logprobs":5,"prompt_logprobs":2"#, "prompt_logprobs", 2),
            (#""max_tokens":0,"echo":true,"logprobs":5,"prompt_logprobs":2"#, "logprobs", 5),
        ] {
            let request = try Self.read("{\"prompt\":[1,2],\"temperature\":0,\(text)}")
            #expect(request.topK == (field, count), "\(text)")
            #expect(request.scoreRequest.topK == count)
            #expect(request.scoreRequest.predictsNext == (request.maxTokens == 1))
        }
    }

    /// Values that change neither a log-prob nor the token.
    @Test(arguments: [
        #""temperature":0"#, #""top_p":0.9"#, #""top_p":1"#, #""top_k":-1"#, #""top_k":50"#,
        #""min_p":0.1"#, #""n":1"#, #""best_of":1"#, #""seed":9223372036854775807"#, #""seed":null"#, #""user":"me""#,
        #""stream":false"#, #""stream_options":null"#, #""stop":null"#, #""stop":[]"#, #""stop":"""#,
        #""logit_bias":{}"#, #""suffix":null"#, #""presence_penalty":0"#, #""frequency_penalty":0.0"#,
        #""repetition_penalty":1.0"#, #""ignore_eos":true"#, #""min_tokens":0"#, #""min_tokens":null"#,
        #""truncate_prompt_tokens":null"#,
        #""echo":null"#, #""logprobs":null"#, #""prompt_logprobs":null"#, #""return_token_ids":null"#,
    ])
    func whatChangesNothingIsTaken(_ member: String) throws {
        let temperature = member.hasPrefix(#""temperature""#) ? "" : #","temperature":0"#
        let request = try Self.read("{\"prompt\":[1,2],\"max_tokens\":1,\(member)\(temperature)}")
        #expect(request == CompletionRequest(prompts: [.tokenIDs([1, 2])], maxTokens: 1))
    }

    /// The rest, by the parameter that the error names.
    @Test(arguments: [
        ("max_tokens", #""max_tokens":2"#), ("max_tokens", #""max_tokens":256"#), ("max_tokens", #""max_tokens":-1"#),
        ("max_tokens", #""max_tokens":null"#), ("max_tokens", #""echo":true"#), ("max_tokens", #""max_tokens":0"#),
        ("max_tokens", #""max_tokens":0,"logprobs":3"#), ("max_tokens", #""max_tokens":"1""#),
        ("temperature", #""max_tokens":1,"echo":true,"temperature":0.7"#),
        ("temperature", #""max_tokens":1,"prompt_logprobs":1,"temperature":2"#),
        ("temperature", #""max_tokens":1,"temperature":1"#), ("temperature", #""max_tokens":1,"temperature":-1"#),
        // Left out it is 1 elsewhere: the token would be drawn.
        ("temperature", #""max_tokens":1"#), ("temperature", #""max_tokens":1,"temperature":null"#),
        ("temperature", #""max_tokens":1,"logprobs":5"#), ("min_tokens", #""max_tokens":1,"min_tokens":1"#),
        ("stop", #""max_tokens":1,"stop":[null]"#), ("stop", #""max_tokens":1,"stop":0"#),
        ("stop", #""max_tokens":1,"stop":{"a":[1,{}],"a":2}"#), ("logit_bias", #""max_tokens":1,"logit_bias":false"#),
        ("top_p", #""max_tokens":1,"top_p":0"#), ("top_k", #""max_tokens":1,"top_k":-2"#),
        ("min_p", #""max_tokens":1,"min_p":1.5"#), ("n", #""max_tokens":1,"n":2"#),
        ("best_of", #""max_tokens":1,"best_of":3"#), ("stream", #""max_tokens":1,"stream":true"#),
        ("stop", #""max_tokens":1,"stop":["\n"]"#), ("stop", #""max_tokens":1,"stop":"a""#),
        ("logit_bias", #""max_tokens":1,"logit_bias":{"5":100}"#), ("suffix", #""max_tokens":1,"suffix":"b""#),
        ("presence_penalty", #""max_tokens":1,"presence_penalty":0.5"#),
        ("frequency_penalty", #""max_tokens":1,"frequency_penalty":-0.5"#),
        ("repetition_penalty", #""max_tokens":1,"repetition_penalty":1.1"#),
        ("truncate_prompt_tokens", #""max_tokens":1,"truncate_prompt_tokens":5"#),
        ("seed", #""max_tokens":1,"seed":"x""#), ("logprobs", #""max_tokens":1,"logprobs":-1"#),
        ("logprobs", #""max_tokens":1,"logprobs":true"#), ("prompt_logprobs", #""max_tokens":1,"prompt_logprobs":-1"#),
        ("echo", #""max_tokens":1,"echo":1"#), ("messages", #""max_tokens":1,"messages":[]"#),
        ("temperatures", #""max_tokens":1,"temperatures":0"#),
    ])
    func anythingElseIsRefused(_ parameter: String, _ members: String) throws {
        let error = try #require(throws: WireError.self) { try Self.read("{\"prompt\":[1,2],\(members)}") }
        #expect(error.extensions[key: "path"] == .string(parameter))
    }

    @Test(arguments: [
        "[]", "null", "5", "{}", #"[[1],"a"]"#, #"[1,"a"]"#, "[1,[2]]", "[null]", "[1.5]", "[-1]", "[[2147483648]]",
        #"["a",5]"#, "[[[1]]]", "[true]", "[[1,null]]",
    ])
    func promptsOfAnotherFormAreRefused(_ prompt: String) throws {
        #expect(throws: WireError.self) { try Self.read("{\"prompt\":\(prompt),\"max_tokens\":1}") }
    }

    @Test func aPromptIsNeeded() throws {
        let error = try #require(throws: WireError.self) { try Self.read(#"{"max_tokens":1}"#) }
        #expect(error.extensions[key: "path"] == .string("prompt"))
        for text in ["", "[]", "{", #"{"prompt":[1],"prompt":[2],"max_tokens":1}"#] {
            #expect(throws: WireError.self) { try Self.read(text) }
        }
    }
}

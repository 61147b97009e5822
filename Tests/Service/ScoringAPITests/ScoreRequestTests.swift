import JSONValues
import ScoringAPI
import Testing
import TokenWeights

@Suite struct ScoreRequestTests {
    private func decode(_ text: String, _ route: ScoreRoute = .weights) throws -> ScoreRequest {
        try ScoreRequest(json: Array(text.utf8), for: route)
    }

    /// The problem kind and message that `text` gives.
    private func refusal(_ text: String, _ route: ScoreRoute = .weights) -> String {
        do {
            _ = try decode(text, route)
            return "accepted"
        } catch let error as WireError {
            return "\(error.kind.rawValue): \(error)"
        } catch {
            return "other: \(error)"
        }
    }

    @Test func theExampleOfTheContract() throws {
        let request = try decode(
            #"""
            {"inputs": [{"id": "a", "text": "17 + 25 = 42"},
                        {"id": "b", "token_ids": [5, 9, 2, 7], "document_starts": [0, 2],
                         "loss_mask": [1, 0, 1, 1], "student_logprobs": [null, -1.5, null, -0.2]}],
             "weighting": "remit", "epsilon": 0.1, "centering": "document"}
            """#)
        #expect(request.inputs.count == 2)
        #expect(request.inputs[0] == ScoreInput(id: "a", content: .text("17 + 25 = 42")))
        let second = request.inputs[1]
        #expect(second.content == .tokenIDs([5, 9, 2, 7]))
        #expect(second.documentStarts == [0, 2])
        #expect(second.lossMask == [true, false, true, true])
        let student = try #require(second.studentLogProbs)
        #expect(student[0].isNaN && student[1] == -1.5 && student[2].isNaN && student[3] == -0.2)
        #expect(request.choice == Weighting("remit", epsilon: 0.1, centering: .document))
        #expect(request.addSpecialTokens && request.returnTokens == nil && request.pins == ModelPins())
    }

    @Test func defaultsAreThoseOfTheContract() throws {
        let weights = try decode(#"{"inputs":[{"text":"x"}]}"#)
        #expect(weights.choice == Weighting("remit", epsilon: 0.2, centering: .sequence))
        #expect(try decode(#"{"inputs":[{"text":"x"}]}"#, .logProbs).choice == nil)
    }

    @Test func optionsAndPins() throws {
        let hex = String(repeating: "0a", count: 32)
        let request = try decode(
            """
            {"model":"t","model_fingerprint":"\(hex)","tokenizer_fingerprint":"\(hex)","scores_fingerprint":"\(hex)",
             "add_special_tokens":false,"return_tokens":true,"weighting":"rho1","keep_fraction":0.5,
             "inputs":[{"text":"x"}]}
            """)
        let expected = ModelPins(
            model: "t", modelFingerprint: hex, tokenizerFingerprint: hex, scoresFingerprint: hex)
        #expect(request.pins == expected)
        #expect(!request.addSpecialTokens && request.returnTokens == true)
        #expect(request.choice?.name == "rho1" && request.choice?.keepFraction == 0.5)
    }

    static let refusals: [(String, String)] = [
        (#"{"inputs":[{"tokenids":[1]}]}"#, "invalid-field: inputs[0].tokenids: unknown field"),
        (#"{"inputs":[{"text":"x"}],"eps":1}"#, "invalid-field: eps: unknown field"),
        (#"{}"#, "invalid-field: inputs: missing"),
        (#"[]"#, "invalid-field: expected an object, got array"),
        (#"{"inputs":{}}"#, "invalid-field: inputs: expected an array, got object"),
        (#"{"inputs":[]}"#, "invalid-input: inputs: expected at least one input"),
        (#"{"inputs":[{}]}"#, "invalid-field: inputs[0]: expected text or token_ids, got neither"),
        (
            #"{"inputs":[{"text":"x","token_ids":[1]}]}"#,
            "invalid-field: inputs[0].token_ids: expected text or token_ids"
        ),
        (#"{"inputs":[{"text":7}]}"#, "invalid-field: inputs[0].text: expected a string, got number"),
        (#"{"inputs":[{"text":null}]}"#, "invalid-field: inputs[0].text: expected a string, got null"),
        (#"{"inputs":[{"token_ids":"5"}]}"#, "invalid-field: inputs[0].token_ids: expected an array, got string"),
        (#"{"inputs":[{"token_ids":[5,1.5]}]}"#, "invalid-field: inputs[0].token_ids[1]: expected an integer, got 1.5"),
        (#"{"inputs":[{"token_ids":[9,1e-9]}]}"#, "invalid-field: inputs[0].token_ids[1]: expected an integer"),
        (
            #"{"inputs":[{"token_ids":[5,null]}]}"#,
            "invalid-field: inputs[0].token_ids[1]: expected an integer, got null"
        ),
        (#"{"inputs":[{"token_ids":[5,"6"]}]}"#, "invalid-field: inputs[0].token_ids[1]: expected an integer"),
        (#"{"inputs":[{"token_ids":[5,[6]]}]}"#, "invalid-field: inputs[0].token_ids[1]: expected an integer"),
        (
            #"{"inputs":[{"token_ids":[5,99999999999999999999]}]}"#,
            "invalid-field: inputs[0].token_ids[1]: expected a 64-bit integer"
        ),
        (
            #"{"inputs":[{"text":"x"},{"token_ids":[5,-1]}]}"#,
            "invalid-input: inputs[1], position 1: expected a token id"
        ),
        (#"{"inputs":[{"token_ids":[2147483648]}]}"#, "invalid-input: inputs[0], position 0: expected a token id"),
        (#"{"inputs":[{"token_ids":[]}]}"#, "invalid-input: inputs[0]: expected at least one token id"),
        (#"{"inputs":[{"token_ids":[1,2],"document_starts":[]}]}"#, "invalid-input: inputs[0]: document_starts"),
        (#"{"inputs":[{"token_ids":[1,2],"document_starts":[1]}]}"#, "invalid-input: inputs[0]: document_starts[0]"),
        (#"{"inputs":[{"token_ids":[1,2],"document_starts":[-1]}]}"#, "invalid-input: inputs[0]: document_starts[0]"),
        (#"{"inputs":[{"token_ids":[1,2],"document_starts":[0,0]}]}"#, "invalid-input: inputs[0]: document_starts[1]"),
        (#"{"inputs":[{"token_ids":[1,2],"document_starts":[0,2]}]}"#, "invalid-input: inputs[0]: document_starts"),
        (#"{"inputs":[{"token_ids":[1,2],"loss_mask":[1]}]}"#, "invalid-input: inputs[0]: loss_mask: expected 2"),
        (#"{"inputs":[{"token_ids":[1,2],"loss_mask":[1,2]}]}"#, "invalid-field: inputs[0].loss_mask: expected 0 or 1"),
        (
            #"{"inputs":[{"token_ids":[1,2],"loss_mask":[true]}]}"#,
            "invalid-field: inputs[0].loss_mask[0]: expected an int"
        ),
        (
            #"{"inputs":[{"token_ids":[1,2],"student_logprobs":[null]}]}"#,
            "invalid-input: inputs[0]: student_logprobs: expected 2"
        ),
        (
            #"{"inputs":[{"token_ids":[1,2],"student_logprobs":[null,1e39]}]}"#,
            "invalid-field: inputs[0].student_logprobs[1]: expected a number within a 32-bit float's range, got 1e39"
        ),
        (#"{"inputs":[{"token_ids":[1],"student_logprobs":[NaN]}]}"#, "malformed-json: "),
        (#"{"inputs":[{"token_ids":[1],"student_logprobs":[Infinity]}]}"#, "malformed-json: "),
        (#"{"inputs":[{"token_ids":[01]}]}"#, "malformed-json: inputs[0].token_ids[0]"),
        (#"{"inputs":[{"token_ids":[1,]}]}"#, "malformed-json: inputs[0].token_ids[1]"),
        (#"{"inputs":[{"text":"a","text":"b"}]}"#, "malformed-json: inputs[0].text: given twice"),
        (#"{"inputs":[{"text":"x"}],"inputs":[]}"#, "malformed-json: inputs: given twice"),
        (#"{"inputs":[{"text":"\ud800"}]}"#, "malformed-json: inputs[0].text: half of a surrogate pair"),
        (#"{"inputs":[{"text":"\udc00\ud800"}]}"#, "malformed-json: inputs[0].text: half of a surrogate pair"),
        (#"{"inputs":[{"text":"x"}]} x"#, "malformed-json: expected the end"),
        (#"{"inputs":[{"text":"x"}]"#, "malformed-json: the JSON ends"),
        ("", "malformed-json: the JSON ends"),
        (#"{"inputs":[{"text":"x"}],"epsilon":"0.2"}"#, "invalid-field: epsilon: expected a number, got string"),
        (#"{"inputs":[{"text":"x"}],"epsilon":1e999}"#, "invalid-field: epsilon: expected a number within"),
        (#"{"inputs":[{"text":"x"}],"model_fingerprint":"ab"}"#, "invalid-field: model_fingerprint: expected 64"),
        (#"{"inputs":[{"text":"x"}],"add_special_tokens":1}"#, "invalid-field: add_special_tokens: expected true or"),
    ]

    @Test(arguments: refusals.indices) func refuses(_ index: Int) {
        let (text, expected) = Self.refusals[index]
        let got = refusal(text)
        #expect(got.hasPrefix(expected), "\(text) gives \(got)")
    }

    @Test(arguments: [
        #"{"inputs":[{"text":"x"}],"weighting":"remit"}"#, #"{"inputs":[{"text":"x"}],"epsilon":0.2}"#,
        #"{"inputs":[{"token_ids":[1],"student_logprobs":[null]}]}"#,
        #"{"inputs":[{"token_ids":[1],"loss_mask":[1]}]}"#,
    ])
    func whatOnlyWeightsNeedIsUnknownToLogProbs(_ text: String) {
        #expect(refusal(text, .weights) == "accepted")
        #expect(refusal(text, .logProbs).contains("unknown field"))
    }

    @Test func deepNestingIsRefusedWithoutRecursingThroughIt() {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(refusal(#"{"inputs":"# + deep).hasPrefix("invalid-field: inputs[0]: expected an object"))
        #expect(refusal(deep).hasPrefix("invalid-field: expected an object"))
    }

    @Test func aProblemCarriesPathOrItemAndPosition() throws {
        func problem(_ text: String) throws -> Problem {
            let error = try #require(throws: WireError.self) { try decode(text) }
            return Problem(error, instance: "r1")
        }
        let field = try problem(#"{"inputs":[{"tokenids":[1]}]}"#)
        #expect(field.status == 400 && field.extensions[key: "path"] == .string("inputs[0].tokenids"))
        let input = try problem(#"{"inputs":[{"text":"x"},{"token_ids":[5,-1]}]}"#)
        #expect(input.status == 422 && input.kind == .invalidInput)
        #expect(input.extensions[key: "item"] == .integer(1) && input.extensions[key: "position"] == .integer(1))
    }

    @Test func jsonReadsBackAsItWas() throws {
        let hex = String(repeating: "9f", count: 32)
        let request = ScoreRequest(
            inputs: [
                ScoreInput(id: "a\"\n\u{1}é🙂", content: .text("17 + 25\u{2028} = 42\\")),
                ScoreInput(
                    content: .tokenIDs([0, 2_147_483_647, 7]), documentStarts: [0, 2], lossMask: [true, false, true],
                    studentLogProbs: [-0.1, -1e-30, -3e38]),
            ],
            choice: Weighting("rho1", epsilon: 0.1, centering: .document, keepFraction: 0.3),
            addSpecialTokens: false, returnTokens: true, pins: ModelPins(model: "m", tokenizerFingerprint: hex))
        #expect(try ScoreRequest(json: request.json(), for: .weights) == request)
    }
}

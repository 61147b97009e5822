/// The body of POST /v1/completions, as OpenAI's API has it and vLLM extends it: as far as it asks for the log-probs of prompts, and for
/// one token behind each, the likeliest.
package struct CompletionRequest: Equatable, Sendable {
    /// Texts or token ids, at least one; each is a document of its own.
    package var prompts: [ScoreInput.Content]
    /// Whether the special tokens of the tokenizer's post-processor are put around texts.
    package var addSpecialTokens = true
    /// 1 where the likeliest token behind each prompt is wanted, 0 where none is.
    package var maxTokens: Int
    /// Whether the answer begins with the prompt, in its text and among its log-probs.
    package var echo = false
    /// Number of the likeliest tokens beside each token of the answer; nil: no log-probs in OpenAI's form.
    package var logProbs: Int?
    /// Number of the likeliest tokens beside each token of the prompt; nil: no log-probs in vLLM's form.
    package var promptLogProbs: Int?
    /// Whether the answer has the ids of the prompt and of the token behind it.
    package var returnsTokenIDs = false
    /// Whether tokens among log-probs read `token_id:17` in place of their text, which several may share.
    package var showsTokensAsIDs = false
    /// Model that is wanted, and fingerprints that must hold.
    package var pins = ModelPins()

    package init(prompts: [ScoreInput.Content], maxTokens: Int) {
        self.prompts = prompts
        self.maxTokens = maxTokens
    }

    /// Members that a body may have; any other is refused.
    package static let fields =
        ownFields + ModelPins.fields + SamplingParameter.all.map(\.name)

    static let ownFields = [
        "prompt", "add_special_tokens", "max_tokens", "echo", "logprobs", "prompt_logprobs", "return_token_ids",
        "return_tokens_as_token_ids", "temperature",
    ]

    /// What is to be scored for it.
    package var scoreRequest: ScoreRequest {
        ScoreRequest(
            inputs: prompts.map { ScoreInput(content: $0) }, addSpecialTokens: addSpecialTokens,
            returnTokens: echo && logProbs != nil, topK: topK.count, pins: pins, predictsNext: maxTokens == 1,
            trimsOffsets: false)
    }

    /// Number of the likeliest tokens that are needed at each position, and the field that asks for most.
    package var topK: (field: String, count: Int) {
        let wanted = [
            ("max_tokens", maxTokens), ("logprobs", echo || maxTokens == 1 ? logProbs ?? 0 : 0),
            ("prompt_logprobs", promptLogProbs ?? 0),
        ]
        return wanted.reduce(("max_tokens", 0)) { $1.1 > $0.1 ? $1 : $0 }
    }
}

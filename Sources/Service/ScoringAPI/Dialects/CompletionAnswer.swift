import JSONValues

/// The answer of POST /v1/completions: a choice for each prompt, in their order.
package struct CompletionAnswer: Sendable {
    /// What was asked.
    let request: CompletionRequest
    /// Id of the request, which the answer's own ends with.
    let id: String
    /// When it was answered, in seconds since 1970.
    let created: Int
    /// Text of each prompt; empty where nothing is echoed.
    let texts: [String]
    /// What a token reads as.
    let surface: @Sendable (Int32) -> String

    package init(
        _ request: CompletionRequest, id: String, created: Int, texts: [String],
        surface: @escaping @Sendable (Int32) -> String
    ) {
        self.request = request
        self.id = id
        self.created = created
        self.texts = texts
        self.surface = surface
    }

    /// Body of the answer.
    ///
    /// - Parameter response: what was scored for `request.scoreRequest`.
    package func json(_ response: ScoreResponse) -> [UInt8] {
        let prompts = response.results.map { ScoredPrompt($0, predictsNext: request.maxTokens == 1) }
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("id", "cmpl-" + id)
            writer.field("object", "text_completion")
            writer.field("created", created)
            writer.field("model", response.identity.model)
            writer.field("system_fingerprint", response.identity.scoresFingerprint)
            writer.key("choices")
            writer.array { writer in
                for (index, prompt) in prompts.enumerated() {
                    writer.element()
                    writer.object { writeChoice(index, prompt, to: &$0) }
                }
            }
            writer.key("usage")
            writer.object { writer in
                let (promptTokens, tokens) = (prompts.reduce(0) { $0 + $1.count }, prompts.count * request.maxTokens)
                writer.field("prompt_tokens", promptTokens)
                writer.field("completion_tokens", tokens)
                writer.field("total_tokens", promptTokens + tokens)
            }
        }
        return writer.bytes
    }

    private func writeChoice(_ index: Int, _ prompt: ScoredPrompt, to writer: inout JSONWriter) {
        let next = request.maxTokens == 1 ? prompt.realized(prompt.count) : nil
        writer.field("index", index)
        writer.field("text", (request.echo ? texts[index] : "") + (next.map { surface($0.id) } ?? ""))
        writer.key("logprobs")
        if let k = request.logProbs {
            writer.object { writeLogProbs(index, prompt, k, to: &$0) }
        } else {
            writer.writeNull()
        }
        writer.field("finish_reason", "length")
        if let k = request.promptLogProbs {
            writer.key("prompt_logprobs")
            writer.array { writePromptLogProbs(prompt, k, to: &$0) }
        }
        if request.returnsTokenIDs {
            writer.field("prompt_token_ids", prompt.tokenIDs)
            writer.field("token_ids", next.map { [$0.id] } ?? [])
        }
    }
}

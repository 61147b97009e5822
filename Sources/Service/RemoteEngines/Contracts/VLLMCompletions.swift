import HTTPClient
import JSONValues

/// vLLM's OpenAI-compatible `POST /v1/completions` with `prompt_logprobs`: every version has it.
struct VLLMCompletions: EngineContract {
    func call(_ tokenIDs: [Int32], topK: Int, model: String) -> HTTPCall {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("model", model)
            writer.field("prompt", tokenIDs)
            // 0 would be refused unless the prompt is echoed, which makes the answer longer.
            writer.field("max_tokens", 1)
            writer.field("temperature", 1)
            writer.field("prompt_logprobs", topK)
            writer.field("return_token_ids", true)
        }
        return HTTPCall(
            path: "/v1/completions", body: writer.bytes, contentType: "application/json", accept: "application/json",
            maxReplyBytes: AnswerSize.limit(tokens: tokenIDs.count, topK: topK))
    }

    func answer(_ body: [UInt8], tokens: Int, topK: Int) throws -> EngineAnswer {
        // Nearly all of an answer are the log-probs: in the form in which vLLM writes them they are read from the bytes, and the reader
        // gets the rest. Any other form, and whatever is wrong with it, is the reader's.
        if let (positions, rest) = VLLMPositions.cut(from: body, atMost: tokens, topK: topK),
            let answer = try? answer(rest, tokens: tokens, topK: topK, cut: positions)
        {
            return answer
        }
        return try answer(body, tokens: tokens, topK: topK, cut: nil)
    }

    /// - Parameter cut: stands where the body has null.
    private func answer(_ body: [UInt8], tokens: Int, topK: Int, cut: VLLMPositions?) throws -> EngineAnswer {
        var echoed: [Int32]?
        var found: VLLMPositions?
        try JSONReader.read(body) { reader in
            try reader.object { reader, key in
                guard key == "choices" else { return _ = try reader.skip() }
                try reader.array { reader, _ in
                    try reader.object { reader, key in
                        switch key {
                        case "prompt_logprobs":
                            found = try reader.takeNull() ? cut : try VLLMPositions(&reader, atMost: tokens)
                        case "prompt_token_ids": echoed = try reader.takeNull() ? nil : try reader.int32s()
                        default: try reader.skip()
                        }
                    }
                }
            }
        }
        guard let echoed else { throw AnswerFault("no prompt_token_ids in it: is this a vLLM of 0.10.2 or later?") }
        guard let found else { throw AnswerFault("no prompt_logprobs in it") }
        guard found.count == echoed.count else {
            throw AnswerFault("\(found.count) log-probs for \(echoed.count) tokens")
        }
        let logProbs = try echoed.enumerated().map { position, id in
            let entries = found[position]
            guard entries.count <= topK + 1 else {
                throw AnswerFault("\(entries.count) tokens at position \(position), asked were \(topK)")
            }
            guard !entries.isEmpty else { return Float.nan }
            guard let realized = entries.first(where: { $0.id == id }) else {
                throw AnswerFault("token \(id) is not among the log-probs at position \(position)")
            }
            return realized.logProb
        }
        return EngineAnswer(
            tokenIDs: echoed, logProbs: logProbs, top: topK > 0 ? (0..<found.count).map { Array(found[$0]) } : [])
    }
}

import HTTPClient
import JSONValues

/// SGLang's `POST /generate` with `return_logprob`.
struct SGLangGenerate: EngineContract {
    func call(_ tokenIDs: [Int32], topK: Int, model: String) -> HTTPCall {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("input_ids", tokenIDs)
            writer.key("sampling_params")
            writer.object { writer in
                writer.field("max_new_tokens", 0)
                // Its log-probs follow the temperature.
                writer.field("temperature", 1)
            }
            writer.field("return_logprob", true)
            writer.field("logprob_start_len", 0)
            if topK > 0 { writer.field("top_logprobs_num", topK) }
        }
        return HTTPCall(
            path: "/generate", body: writer.bytes, contentType: "application/json", accept: "application/json",
            maxReplyBytes: AnswerSize.limit(tokens: tokenIDs.count, topK: topK))
    }

    func answer(_ body: [UInt8], tokens: Int, topK: Int) throws -> EngineAnswer {
        var realized: [TopToken]?
        var top: [[TopToken]] = []
        try JSONReader.read(body) { reader in
            try reader.object { reader, key in
                guard key == "meta_info" else { return _ = try reader.skip() }
                try reader.object { reader, key in
                    switch key {
                    case "input_token_logprobs": realized = try reader.sglangTokens(atMost: tokens)
                    case "input_top_logprobs" where topK > 0: top = try reader.sglangRows(atMost: tokens, topK)
                    default: try reader.skip()
                    }
                }
            }
        }
        guard let realized else { throw AnswerFault("no input_token_logprobs in it") }
        return EngineAnswer(tokenIDs: realized.map(\.id), logProbs: realized.map(\.logProb), top: top)
    }
}

extension JSONReader {
    /// `[[null, 5, null], [-1.5, 9, null]]`: log-prob, id and text.
    fileprivate mutating func sglangTokens(atMost count: Int) throws -> [TopToken] {
        var tokens: [TopToken] = []
        tokens.reserveCapacity(min(count, 1 << 20))
        try array { reader, _ in
            guard tokens.count < count else { throw AnswerFault("more than \(count) log-probs in it") }
            var token = TopToken(id: -1, logProb: .nan)
            let parts = try reader.array { reader, part in
                switch part {
                case 0: token.logProb = try reader.takeNull() ? .nan : try reader.float()
                case 1: token.id = try reader.int32()
                default: try reader.skip()
                }
            }
            guard parts >= 2 else { throw AnswerFault("a log-prob without its id in it") }
            tokens.append(token)
        }
        return tokens
    }

    /// `[null, [[-0.5, 3, null], [-1.5, 9, null]]]`.
    fileprivate mutating func sglangRows(atMost count: Int, _ topK: Int) throws -> [[TopToken]] {
        var rows: [[TopToken]] = []
        try array { reader, _ in
            guard rows.count < count else { throw AnswerFault("likeliest tokens at more than \(count) positions") }
            rows.append(try reader.takeNull() ? [] : try reader.sglangTokens(atMost: topK))
        }
        return rows
    }
}

import JSONValues

extension CompletionAnswer {
    /// OpenAI's form: parallel arrays over the tokens of the answer's text.
    func writeLogProbs(_ index: Int, _ prompt: ScoredPrompt, _ k: Int, to writer: inout JSONWriter) {
        let positions = (request.echo ? 0 : prompt.count)..<prompt.count + request.maxTokens
        let realized = positions.map(prompt.realized)
        writer.field("tokens", zip(positions, realized).map { shown($1.id, prompt, at: $0) })
        writer.field("token_logprobs", realized.map(\.logProb))
        writer.key("top_logprobs")
        writer.array { writer in
            for (position, token) in zip(positions, realized) {
                writer.element()
                if token.logProb.isNaN { writer.writeNull() } else { writeTop(prompt, position, token, k, to: &writer) }
            }
        }
        writer.key("text_offset")
        if let offsets = offsets(index, prompt) {
            writer.array { writer in
                for offset in offsets {
                    writer.element()
                    writer.write(offset)
                }
            }
        } else {
            writer.writeNull()
        }
    }

    /// The k likeliest tokens by what they read as, and the realized one. Where several read the same, as parts of characters do, the
    /// likeliest of them stands: whoever looks for the largest log-prob of all finds it.
    private func writeTop(
        _ prompt: ScoredPrompt, _ position: Int, _ realized: ScoredPrompt.Token, _ k: Int, to writer: inout JSONWriter
    ) {
        var written: Set<String> = []
        writer.object { writer in
            for token in prompt.likeliest(position, k) + [realized] {
                let text = shown(token.id)
                if written.insert(text).inserted { writer.field(text, token.logProb) }
            }
        }
    }

    private func shown(_ id: Int32) -> String { request.showsTokensAsIDs ? "token_id:\(id)" : surface(id) }

    /// As above, of a token of the prompt whose text is known.
    private func shown(_ id: Int32, _ prompt: ScoredPrompt, at position: Int) -> String {
        guard !request.showsTokensAsIDs, position < prompt.count, let tokens = prompt.tokens else { return shown(id) }
        return tokens[position]
    }

    /// Where the tokens begin in the answer's text, in characters. nil for a prompt of ids, which do not say where in a text they stand.
    private func offsets(_ index: Int, _ prompt: ScoredPrompt) -> [Int]? {
        let next = request.maxTokens == 1
        guard request.echo else { return next ? [0] : [] }
        guard let spans = prompt.offsets else { return nil }
        return CharacterOffsets.starts(of: spans, in: texts[index])
            + (next ? [CharacterOffsets.length(texts[index])] : [])
    }

    /// vLLM's form: at each position of the prompt the realized token and the k likeliest, by id; null at the first.
    func writePromptLogProbs(_ prompt: ScoredPrompt, _ k: Int, to writer: inout JSONWriter) {
        for position in 0..<prompt.count {
            let realized = prompt.realized(position)
            writer.element()
            guard !realized.logProb.isNaN else {
                writer.writeNull()
                continue
            }
            let likeliest = prompt.likeliest(position, k)
            writer.object { writer in
                let place = likeliest.firstIndex { $0.id == realized.id }
                write(realized, rank: rank(place, k), to: &writer)
                for (place, token) in likeliest.enumerated() where token.id != realized.id {
                    write(token, rank: place + 1, to: &writer)
                }
            }
        }
    }

    /// Rank among the likeliest. A token behind them has k + 1, the least that it can have, so that who sorts by rank finds it last: its own
    /// is not counted. nil where there are none to be behind.
    private func rank(_ place: Int?, _ k: Int) -> Int? { k == 0 ? nil : (place ?? k) + 1 }

    private func write(_ token: ScoredPrompt.Token, rank: Int?, to writer: inout JSONWriter) {
        writer.key(String(token.id))
        writer.object { writer in
            writer.field("logprob", token.logProb)
            writer.field("rank", rank.map(JSONValue.integer) ?? .null)
            writer.field("decoded_token", surface(token.id))
        }
    }
}

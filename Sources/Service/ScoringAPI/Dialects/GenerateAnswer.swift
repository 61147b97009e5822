import JSONValues

/// The answer of POST /generate: an object for a prompt, an array of them for an array.
package struct GenerateAnswer: Sendable {
    private let request: GenerateRequest
    private let id: String
    private let surface: @Sendable (Int32) -> String

    /// - Parameters:
    ///   - id: of the request; each answer's own begins with it.
    ///   - surface: what a token reads as.
    package init(_ request: GenerateRequest, id: String, surface: @escaping @Sendable (Int32) -> String) {
        self.request = request
        self.id = id
        self.surface = surface
    }

    /// Body of the answer.
    ///
    /// - Parameter response: what was scored for `request.scoreRequest`.
    package func json(_ response: ScoreResponse) -> [UInt8] {
        var writer = JSONWriter()
        guard request.isBatch else {
            write(0, response, to: &writer)
            return writer.bytes
        }
        writer.array { writer in
            for index in response.results.indices {
                writer.element()
                write(index, response, to: &writer)
            }
        }
        return writer.bytes
    }

    private func write(_ index: Int, _ response: ScoreResponse, to writer: inout JSONWriter) {
        let prompt = ScoredPrompt(response.results[index], predictsNext: false)
        writer.object { writer in
            writer.field("text", "")
            writer.field("output_ids", [Int32]())
            writer.key("meta_info")
            writer.object { writer in
                writer.field("id", request.isBatch ? "\(id)-\(index)" : id)
                writer.field("finish_reason", .object(["type": .string("length"), "length": .integer(0)]))
                writer.field("prompt_tokens", prompt.count)
                writer.field("completion_tokens", 0)
                writer.field("weight_version", response.identity.scoresFingerprint)
                writer.key("input_token_logprobs")
                write((0..<prompt.count).map(prompt.realized), to: &writer)
                writer.field("output_token_logprobs", .array([]))
                if request.topK > 0 {
                    writer.key("input_top_logprobs")
                    writer.array { writer in
                        for position in 0..<prompt.count {
                            writer.element()
                            let likeliest = prompt.likeliest(position, request.topK)
                            if likeliest.isEmpty { writer.writeNull() } else { write(likeliest, to: &writer) }
                        }
                    }
                    writer.field("output_top_logprobs", .array([]))
                }
            }
        }
    }

    /// `[[-1.5, 9, null], ...]`: log-prob, id, and text where it was asked for.
    private func write(_ tokens: [ScoredPrompt.Token], to writer: inout JSONWriter) {
        writer.array { writer in
            for token in tokens {
                writer.element()
                writer.array { writer in
                    writer.element()
                    writer.write(token.logProb)
                    writer.element()
                    writer.write(token.id)
                    writer.element()
                    if request.returnsTexts { writer.write(surface(token.id)) } else { writer.writeNull() }
                }
            }
        }
    }
}

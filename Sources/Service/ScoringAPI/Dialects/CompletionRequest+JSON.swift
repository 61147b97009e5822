import JSONValues

extension CompletionRequest {
    /// Reads and checks a posted body, as far as can be told without a model.
    ///
    /// - Throws: `WireError`, also for a parameter whose value nothing here could follow.
    package init(json bytes: [UInt8]) throws {
        self = try WireError.wrapping { try JSONReader.read(bytes) { try Self(&$0) } }
    }

    private init(_ reader: inout JSONReader) throws {
        var request = CompletionRequest(prompts: [], maxTokens: 0)
        var maxTokens: Int?
        var temperature: Double?
        let keys = try reader.object { reader, key in
            switch key {
            case "prompt": request.prompts = try reader.prompts().prompts
            case "max_tokens": maxTokens = try reader.unlessNull { try $0.maxTokens() }
            case "temperature": temperature = try reader.unlessNull { try $0.temperature() }
            case "add_special_tokens": request.addSpecialTokens = try reader.unlessNull { try $0.bool() } ?? true
            case "echo": request.echo = try reader.unlessNull { try $0.bool() } ?? false
            case "logprobs": request.logProbs = try reader.unlessNull { try $0.count() }
            case "prompt_logprobs": request.promptLogProbs = try reader.unlessNull { try $0.count() }
            case "return_token_ids": request.returnsTokenIDs = try reader.unlessNull { try $0.bool() } ?? false
            case "return_tokens_as_token_ids":
                request.showsTokensAsIDs = try reader.unlessNull { try $0.bool() } ?? false
            default:
                if try request.pins.take(key, &reader) { return }
                if try SamplingParameter.take(key, &reader) { return }
                throw reader.unknownField(known: Self.fields)
            }
        }
        guard keys.contains("prompt") else { throw reader.missingField("prompt") }
        guard let maxTokens else {
            throw JSONError.invalidValue(
                path: "max_tokens", expected: JSONReader.expectedTokens, got: "none, which stands for 16 or more")
        }
        request.maxTokens = maxTokens
        try request.check(temperature)
        self = request
    }

    /// Whether something is asked for, and nothing that only sampling could give.
    private func check(_ temperature: Double?) throws {
        let asksForPrompt = echo || promptLogProbs != nil
        guard maxTokens == 1 || asksForPrompt else {
            throw JSONError.invalidValue(
                path: "max_tokens", expected: "1, or echo or prompt_logprobs beside 0", got: "0 and neither of them")
        }
        if !asksForPrompt, temperature != 0 {
            throw JSONError.invalidValue(
                path: "temperature", expected: "0 where the token alone is asked for, since it is the likeliest one",
                got: temperature == nil ? "none, which stands for 1" : "1")
        }
    }
}

extension JSONReader {
    static let expectedTokens =
        "0, or 1 for the likeliest token: this server scores prompts and generates nothing longer"

    fileprivate mutating func maxTokens() throws -> Int {
        let value = try int()
        guard value == 0 || value == 1 else { throw invalid(expected: Self.expectedTokens, got: "\(value)") }
        return value
    }

    /// Another temperature would be meant for the log-probs by those whose servers apply it to them.
    mutating func temperature() throws -> Double {
        let value = try double()
        guard value == 0 || value == 1 else {
            throw invalid(expected: "0 or 1: log-probs are those at temperature 1", got: "\(value)")
        }
        return value
    }
}

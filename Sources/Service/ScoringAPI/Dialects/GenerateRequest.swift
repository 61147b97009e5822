import JSONValues

/// The body of POST /generate, as SGLang has it: as far as it asks for the log-probs of prompts and generates nothing.
package struct GenerateRequest: Equatable, Sendable {
    /// Texts or token ids, at least one; each is a document of its own.
    package var prompts: [ScoreInput.Content]
    /// Whether the body had an array of prompts; then the answer is an array too.
    package var isBatch: Bool
    /// Number of the likeliest tokens at each position.
    package var topK = 0
    /// Whether log-probs come with what their tokens read as.
    package var returnsTexts = false
    /// Model that is wanted, and fingerprints that must hold.
    package var pins = ModelPins()

    package static let topKField = "top_logprobs_num"

    /// Members that a body may have; any other is refused.
    package static let fields =
        [
            "input_ids", "text", "sampling_params", "return_logprob", "logprob_start_len", topKField,
            "return_text_in_logprobs", "stream", "rid",
        ] + ModelPins.fields

    /// Members that `sampling_params` may have.
    package static let samplingFields =
        ["max_new_tokens", "temperature", "skip_special_tokens", "spaces_between_special_tokens"]
        + SamplingParameter.all.map(\.name)

    /// What is to be scored for it.
    package var scoreRequest: ScoreRequest {
        ScoreRequest(
            inputs: prompts.map { ScoreInput(content: $0) }, returnTokens: returnsTexts, topK: topK, pins: pins)
    }

    /// Reads and checks a posted body. Throws `WireError`, also where it asks for tokens, or for no log-probs from a prompt's start.
    package init(json bytes: [UInt8]) throws {
        self = try WireError.wrapping { try JSONReader.read(bytes) { try Self(&$0) } }
    }

    private init(_ reader: inout JSONReader) throws {
        (prompts, isBatch) = ([], false)
        let keys = try reader.object { reader, key in
            switch key {
            case "input_ids", "text":
                guard prompts.isEmpty else { throw reader.invalid(expected: "input_ids or text", got: "both") }
                (prompts, isBatch) = try reader.prompts()
                if case .text = prompts[0], key == "input_ids" {
                    throw reader.invalid(expected: "token ids", got: "a text")
                } else if case .tokenIDs = prompts[0], key == "text" {
                    throw reader.invalid(expected: "a text", got: "token ids")
                }
            case "sampling_params": try Self.checkSampling(&reader)
            case "return_logprob": try reader.take(true)
            case "logprob_start_len":
                let start = try reader.int()
                guard start == 0 else { throw reader.invalid(expected: "0", got: "\(start)") }
            case Self.topKField: topK = try reader.unlessNull { try $0.count() } ?? 0
            case "return_text_in_logprobs": returnsTexts = try reader.unlessNull { try $0.bool() } ?? false
            case "stream": try reader.take(false)
            case "rid": _ = try reader.unlessNull { try $0.string() }
            default:
                guard try pins.take(key, &reader) else { throw reader.unknownField(known: Self.fields) }
            }
        }
        guard !prompts.isEmpty else { throw reader.invalid(expected: "input_ids or text", got: "neither") }
        for name in ["sampling_params", "return_logprob", "logprob_start_len"] where !keys.contains(name) {
            throw reader.missingField(name)
        }
    }

    private static func checkSampling(_ reader: inout JSONReader) throws {
        let keys = try reader.object { reader, key in
            switch key {
            case "max_new_tokens":
                let count = try reader.int()
                guard count == 0 else {
                    throw reader.invalid(expected: "0: this server scores prompts", got: "\(count)")
                }
            case "temperature": _ = try reader.unlessNull { try $0.temperature() }
            case "skip_special_tokens", "spaces_between_special_tokens":
                _ = try reader.unlessNull { try $0.bool() }
            default:
                guard try SamplingParameter.take(key, &reader) else {
                    throw reader.unknownField(known: samplingFields)
                }
            }
        }
        guard keys.contains("max_new_tokens") else { throw reader.missingField("max_new_tokens") }
    }
}

extension JSONReader {
    fileprivate mutating func take(_ expected: Bool) throws {
        let value = try bool()
        guard value == expected else { throw invalid(expected: "\(expected)", got: "\(value)") }
    }
}

import JSONValues
import Sequences
import TokenWeights

/// A request to /v1/weights or /v1/logprobs, from either wire form.
package struct ScoreRequest: Equatable, Sendable {
    /// Sequences to score, at least one; results come in this order.
    package var inputs: [ScoreInput]
    /// Weighting that is asked for; nil on /v1/logprobs.
    package var choice: Weighting?
    /// Whether the special tokens of the tokenizer's post-processor are put around texts. Ids are taken as they are.
    package var addSpecialTokens: Bool
    /// Whether results show each token as text; nil: with texts yes, with ids no.
    package var returnTokens: Bool?
    /// Number of the likeliest tokens wanted at each position, 0 for none; on /v1/logprobs alone.
    package var topK: Int
    /// Numbers of the whole distributions that are wanted; on /v1/logprobs alone.
    package var tempered: TemperedChoice
    /// Model that is wanted, and fingerprints that must hold.
    package var pins: ModelPins
    /// Whether what follows each input is predicted too: its result has one token more, with `topK` likeliest in its place. No body of our
    /// own forms asks for it; dialects do.
    package var predictsNext: Bool
    /// Whether the spans of a text's tokens leave out their blanks where the tokenizer's file says so (ByteLevel's `trim_offsets`), as
    /// Hugging Face's library does. Bodies of our own forms always do; a dialect whose answer says where tokens begin does not.
    package var trimsOffsets: Bool

    package init(
        inputs: [ScoreInput], choice: Weighting? = nil, addSpecialTokens: Bool = true,
        returnTokens: Bool? = nil, topK: Int = 0, tempered: TemperedChoice = TemperedChoice(),
        pins: ModelPins = ModelPins(), predictsNext: Bool = false, trimsOffsets: Bool = true
    ) {
        self.inputs = inputs
        self.choice = choice
        self.addSpecialTokens = addSpecialTokens
        self.returnTokens = returnTokens
        self.topK = topK
        self.tempered = tempered
        self.pins = pins
        self.predictsNext = predictsNext
        self.trimsOffsets = trimsOffsets
    }

    static let topKField = "top_k"

    /// What is wanted of the teacher's distributions, as an engine is asked for it.
    package var detail: ScoreDetail { ScoreDetail(topK: topK, temperatures: tempered.computed) }

    /// Whether any input is a text, so that the client does not know the ids that are scored.
    package var hasTexts: Bool {
        inputs.contains { if case .text = $0.content { true } else { false } }
    }

    /// Members that a body for this route may have; a server refuses any other.
    package static func fields(for route: ScoreRoute) -> [String] {
        ["inputs", "add_special_tokens", "return_tokens"] + ModelPins.fields
            + (route == .weights ? Weighting.fields : [topKField] + TemperedChoice.fields)
    }
}

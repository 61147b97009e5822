/// What is wrong with a model, or with a batch given to it.
package enum TransformerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A `model_type` of which there is no family here.
    case unknownFamily(file: String, got: String, known: [String])
    /// A model around a text model, which alone might do.
    case wrapper(file: String, got: String, inner: String, isInnerKnown: Bool, known: [String])
    /// Parameters that are quantized, by the method that config.json names.
    case quantized(file: String, method: String)
    /// A tensor that this family would not read: the numbers would not be the model's.
    case unexpectedTensor(directory: String, tensor: String, family: String)
    /// An id that is negative, or not below the vocabulary's size.
    case tokenOutOfRange(position: Int, id: Int32, vocabularySize: Int)
    /// A segment, or a sequence that is decoded, of more tokens than there is room for; `start` is the segment's place in its batch.
    case segmentTooLong(start: Int, tokens: Int, limit: Int)
    /// A log-probability that is not finite: the parameters hold values that overflow, or worse.
    case nonFiniteLogProb(position: Int)
    /// The kernels do not keep the promise of equal bits in any batch on this CPU.
    case rowsDependOnTheirPlace(matrix: String, kernelPath: String, blockRows: Int, place: Int)

    package var description: String {
        switch self {
        case .unknownFamily(let file, let got, let known):
            "\(file): model_type \(got) is not known; known families: \(known.joined(separator: ", "))"
        case .wrapper(let file, let got, let inner, let isInnerKnown, let known):
            "\(file): model_type \(got) wraps a text model (\(inner)) in one that reads more than text; "
                + (isInnerKnown ? Self.unwrapping : "known families of text models: \(known.joined(separator: ", "))")
        case .quantized(let file, let method):
            "\(file): the weights are quantized (\(method)); expected F32, BF16 or F16. Take the checkpoint that they were made from, or write "
                + "one in transformers: AutoModelForCausalLM.from_pretrained(DIR).dequantize().save_pretrained(NEW)"
        case .unexpectedTensor(let directory, let tensor, let family):
            "\(directory): tensor \(tensor) is no part of a \(family) model with this config.json"
        case .tokenOutOfRange(let position, let id, let vocabularySize):
            "token id \(id) at position \(position) is outside the vocabulary, 0 to \(vocabularySize - 1)"
        case .segmentTooLong(let start, let tokens, let limit):
            "the segment at position \(start) has \(tokens) tokens; the model's context holds \(limit)"
        case .nonFiniteLogProb(let position):
            "the log-probability at position \(position) is not finite: the model's weights or activations overflow"
        case .rowsDependOnTheirPlace(let matrix, let kernelPath, let blockRows, let place):
            "self-check of the \(kernelPath) kernels failed: with weights \(matrix) a row at place \(place) of "
                + "\(blockRows) has other bits than alone, so scores would depend on the batch; nothing can be served on "
                + "this CPU with this build"
        }
    }

    private static let unwrapping =
        "which alone is known here. Write it in transformers: m = AutoModelForImageTextToText.from_pretrained(DIR); "
        + "t = AutoModelForCausalLM.from_config(m.config.text_config); t.model, t.lm_head = m.model.language_model, m.lm_head; "
        + "t.save_pretrained(NEW); and its tokenizer beside it"
}

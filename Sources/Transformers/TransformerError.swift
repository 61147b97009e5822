/// What is wrong with a model, or with a batch given to it.
package enum TransformerError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownFamily(file: String, got: String, known: [String])
    /// A tensor that this family would not read: the numbers would not be the model's.
    case unexpectedTensor(directory: String, tensor: String, family: String)
    case tokenOutOfRange(position: Int, id: Int32, vocabularySize: Int)
    case segmentTooLong(start: Int, tokens: Int, limit: Int)
    /// A log-probability that is not finite: the weights hold values that overflow, or worse.
    case nonFiniteLogProb(position: Int)
    /// The kernels do not keep the promise of equal bits in any batch on this CPU.
    case rowsDependOnTheirPlace(weights: String, kernelPath: String, blockRows: Int, place: Int)

    package var description: String {
        switch self {
        case .unknownFamily(let file, let got, let known):
            "\(file): model_type \(got) is not known; known families: \(known.joined(separator: ", "))"
        case .unexpectedTensor(let directory, let tensor, let family):
            "\(directory): tensor \(tensor) is no part of a \(family) model with this config.json"
        case .tokenOutOfRange(let position, let id, let vocabularySize):
            "token id \(id) at position \(position) is outside the vocabulary, 0 to \(vocabularySize - 1)"
        case .segmentTooLong(let start, let tokens, let limit):
            "the segment at position \(start) has \(tokens) tokens; the model's context holds \(limit)"
        case .nonFiniteLogProb(let position):
            "the log-probability at position \(position) is not finite: the model's weights or activations overflow"
        case .rowsDependOnTheirPlace(let weights, let kernelPath, let blockRows, let place):
            "self-check of the \(kernelPath) kernels failed: with weights \(weights) a row at place \(place) of "
                + "\(blockRows) has other bits than alone, so scores would depend on the batch; nothing can be served on "
                + "this CPU with this build"
        }
    }
}

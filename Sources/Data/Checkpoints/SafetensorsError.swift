import JSONValues

/// The ways in which bytes can fail to be a safetensors file. `file` is a path, or what stands for one ("request body").
package enum SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Fewer bytes than the length of a header takes.
    case tooShort(file: String, expected: Int, got: Int)
    /// A length of the header beyond `SafetensorsHeader.maxHeaderBytes`.
    case headerTooLong(file: String, limit: Int, got: UInt64)
    /// A file that ends inside its header.
    case headerTruncated(file: String, expected: Int, got: Int)
    /// A header with bytes that are not UTF-8; `offset` counts in the header's JSON.
    case headerNotUTF8(file: String, offset: Int)
    /// A header that is not one JSON object.
    case headerNotJSON(file: String, reason: JSONError)
    /// An entry that is not an object of type, shape and offsets as the format has them.
    case invalidEntry(file: String, tensor: String, reason: JSONError)
    /// Metadata that are not strings by name.
    case invalidMetadata(file: String, reason: JSONError)
    /// A name that is listed twice.
    case duplicateTensor(file: String, tensor: String)
    /// A dtype that is none of `ElementType`.
    case unknownElementType(file: String, tensor: String, got: String)
    /// A shape whose bytes do not fit 64 bits.
    case shapeOverflow(file: String, tensor: String, shape: [Int])
    /// Offsets that span another number of bytes than shape and type take.
    case byteCountMismatch(
        file: String, tensor: String, elementType: ElementType, shape: [Int], expected: Int, got: Int)
    /// Offsets that are negative, or whose end is before their beginning.
    case offsetsReversed(file: String, tensor: String, begin: Int, end: Int)
    /// A file that ends before a tensor does.
    case dataTruncated(file: String, tensor: String, expected: Int, got: Int)
    /// A tensor that begins before another one ends.
    case overlappingTensors(file: String, tensor: String, with: String, expected: Int, got: Int)
    /// Bytes before a tensor that belong to none.
    case gap(file: String, tensor: String, expected: Int, got: Int)
    /// Bytes behind the last tensor.
    case trailingData(file: String, expected: Int, got: Int)
    /// Digests in the metadata that are not one for the header and one for each tensor.
    case invalidDigests(file: String, expected: Int, got: Int)
    /// A header or tensor with other bytes than those that were written.
    case damaged(file: String, what: String, expected: String, got: String)
    /// A file that was written to after its header had been read: its tensors may be of two checkpoints.
    case changedWhileRead(file: String)

    package var description: String {
        switch self {
        case .tooShort(let file, let expected, let got):
            "\(file): not a safetensors file: expected at least \(expected) bytes, got \(got)"
        case .headerTooLong(let file, let limit, let got):
            "\(file): the header says it is \(got) bytes long; expected at most \(limit)"
        case .headerTruncated(let file, let expected, let got):
            "\(file): truncated in its header: expected at least \(expected) bytes, got \(got)"
        case .headerNotUTF8(let file, let offset): "\(file): the header is not UTF-8 at byte \(offset)"
        case .headerNotJSON(let file, let reason): "\(file): the header is not the JSON expected: \(reason)"
        case .invalidEntry(let file, let tensor, let reason): "\(file): tensor \(tensor): \(reason)"
        case .invalidMetadata(let file, let reason): "\(file): \(reason)"
        case .duplicateTensor(let file, let tensor): "\(file): tensor \(tensor) is listed twice"
        case .unknownElementType(let file, let tensor, let got):
            "\(file): tensor \(tensor): expected a dtype of "
                + "\(ElementType.allCases.map(\.rawValue).joined(separator: ", ")), got \(got)"
        case .shapeOverflow(let file, let tensor, let shape):
            "\(file): tensor \(tensor): a shape of \(shape) has more bytes than fit 64 bits"
        case .byteCountMismatch(let file, let tensor, let elementType, let shape, let expected, let got):
            "\(file): tensor \(tensor): \(elementType.rawValue) \(shape) takes \(expected) bytes, "
                + "its data_offsets span \(got)"
        case .offsetsReversed(let file, let tensor, let begin, let end):
            "\(file): tensor \(tensor): expected data_offsets in order from 0 on, got [\(begin), \(end)]"
        case .dataTruncated(let file, let tensor, let expected, let got):
            "\(file): truncated: tensor \(tensor) ends at byte \(expected) of the data, got \(got) bytes of data"
        case .overlappingTensors(let file, let tensor, let other, let expected, let got):
            "\(file): tensor \(tensor) overlaps \(other): expected it at byte \(expected) of the data, got \(got)"
        case .gap(let file, let tensor, let expected, let got):
            "\(file): a gap before tensor \(tensor): expected it at byte \(expected) of the data, got \(got)"
        case .trailingData(let file, let expected, let got):
            "\(file): more data than tensors: expected \(expected) bytes of data, got \(got)"
        case .invalidDigests(let file, let expected, let got):
            "\(file): damaged: expected \(expected) SHA-256 with a space between in \(TensorDigests.metadataKey) of its metadata, got "
                + "\(got). \(Self.digestHint)"
        case .damaged(let file, let what, let expected, let got):
            "\(file): damaged: \(what) has SHA-256 \(got), and had \(expected) when it was written. \(Self.digestHint)"
        case .changedWhileRead(let file):
            "\(file): somebody wrote to it while it was read; write checkpoints beside it and rename them, and load it again"
        }
    }

    private static var digestHint: String {
        "Take a sound copy (a program that wrote other tensors must leave \(TensorDigests.metadataKey) out)"
    }
}

import JSONValues

/// The ways in which bytes can fail to be a safetensors file. `file` is a path, or what stands for one ("request body").
package enum SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
    case tooShort(file: String, expected: Int, got: Int)
    case headerTooLong(file: String, limit: Int, got: UInt64)
    case headerTruncated(file: String, expected: Int, got: Int)
    case headerNotUTF8(file: String, offset: Int)
    case headerNotJSON(file: String, reason: JSONError)
    case invalidEntry(file: String, tensor: String, reason: JSONError)
    case invalidMetadata(file: String, reason: JSONError)
    case duplicateTensor(file: String, tensor: String)
    case unknownElementType(file: String, tensor: String, got: String)
    case shapeOverflow(file: String, tensor: String, shape: [Int])
    case byteCountMismatch(
        file: String, tensor: String, elementType: ElementType, shape: [Int], expected: Int, got: Int)
    case offsetsReversed(file: String, tensor: String, begin: Int, end: Int)
    case dataTruncated(file: String, tensor: String, expected: Int, got: Int)
    case overlappingTensors(file: String, tensor: String, with: String, expected: Int, got: Int)
    case gap(file: String, tensor: String, expected: Int, got: Int)
    case trailingData(file: String, expected: Int, got: Int)
    case invalidDigests(file: String, expected: Int, got: Int)
    case damaged(file: String, what: String, expected: String, got: String)

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
        }
    }

    private static var digestHint: String {
        "Take a sound copy (a program that wrote other tensors must leave \(TensorDigests.metadataKey) out)"
    }
}

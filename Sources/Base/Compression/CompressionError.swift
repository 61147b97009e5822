/// What can be wrong with compressed bytes. Offsets count compressed bytes from the start of the input.
package enum CompressionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// More output than `DecompressionLimits.maxOutputBytes`: a bomb, or a body that is too large.
    case outputLimit(CompressionFormat, limitBytes: Int, producedBytes: Int, consumedBytes: Int)
    /// A zstd frame wants more history than the limit allows; it is refused before the memory is taken.
    case windowLimit(CompressionFormat, limitBytes: Int)
    /// The data ends within a frame, or before the first one.
    case truncated(CompressionFormat, inputBytes: Int)
    /// The first bytes are not the format's magic number.
    case notCompressed(CompressionFormat)
    /// Behind a whole frame stands what begins none.
    case trailingGarbage(CompressionFormat, offset: Int)
    /// A checksum, length or code is wrong.
    case corrupt(CompressionFormat, offset: Int, reason: String)
    /// The codec's own context could not be allocated.
    case outOfMemory(CompressionFormat)

    package var description: String {
        switch self {
        case .outputLimit(let format, let limit, let produced, let consumed):
            "the \(format) data expands beyond the limit of \(limit) bytes: "
                + "\(produced) bytes came out of the first \(consumed); send it in smaller parts"
        case .windowLimit(let format, let limit):
            "the \(format) data wants a window of more than the \(limit) bytes allowed; compress it with a smaller window"
        case .truncated(let format, let inputBytes):
            "the \(format) data ends in the middle, after \(inputBytes) bytes"
        case .notCompressed(let format):
            "expected \(format) data, the first bytes are something else"
        case .trailingGarbage(let format, let offset):
            "after the end of the \(format) data, at byte \(offset), come bytes that are not \(format)"
        case .corrupt(let format, let offset, let reason):
            "the \(format) data is damaged near byte \(offset): \(reason)"
        case .outOfMemory(let format):
            "not enough memory for a \(format) context"
        }
    }
}

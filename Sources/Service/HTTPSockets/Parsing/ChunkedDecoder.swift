import Bytes

/// The chunked coding of RFC 9112, 7.1, each byte looked at once; extensions and trailers are checked and dropped.
struct ChunkedDecoder {
    enum Event: Equatable {
        case body(Range<Int>)
        case end
    }

    private enum State { case sizeStart, size, chunkExtension, sizeLineFeed, data, dataReturn, dataLineFeed, trailers }

    /// Fewer than overflow an Int; leading zeros count.
    private static let maxSizeDigits = 15

    private var state = State.sizeStart
    private var chunkRemaining = 0
    private var sizeDigits = 0
    private var received = 0
    private var extensionBytes = 0
    private var extensions = ChunkExtensions()
    private var trailerBytes = 0
    private var trailers = FieldLineMachine()

    mutating func next(
        _ input: UnsafeRawBufferPointer, limits: HTTPParserLimits, maxBytes: Int
    ) throws(HTTPProtocolError) -> (consumed: Int, event: Event?) {
        var index = 0
        while index < input.count {
            if state == .data {
                let count = min(chunkRemaining, input.count - index)
                chunkRemaining -= count
                if chunkRemaining == 0 { state = .dataReturn }
                return (index + count, .body(index..<(index + count)))
            }
            let byte = input[index]
            index += 1
            if state == .trailers {
                trailerBytes += 1
                if trailerBytes > limits.maxTrailerBytes { throw .trailersTooLarge(limit: limits.maxTrailerBytes) }
                if case .sectionEnd = try trailers.step(byte) { return (index, .end) }
            } else {
                try step(byte, limits, maxBytes)
            }
        }
        return (index, nil)
    }

    private mutating func step(_ byte: UInt8, _ limits: HTTPParserLimits, _ maxBytes: Int) throws(HTTPProtocolError) {
        switch state {
        case .sizeStart, .size:
            if let digit = HexDigit.value(byte), sizeDigits < ChunkedDecoder.maxSizeDigits {
                chunkRemaining = chunkRemaining << 4 | Int(digit)
                sizeDigits += 1
                state = .size
            } else if state == .size, byte == .carriageReturn {
                state = .sizeLineFeed
            } else if state == .size, byte == UInt8(ascii: ";") || byte == .space || byte == .tab {
                state = .chunkExtension
                extensions = ChunkExtensions()
                try extensions.step(byte)
                try countExtensionByte(limits)
            } else {
                throw byte == .lineFeed ? .bareLineFeed : .badChunkSize
            }
        case .chunkExtension:
            if byte == .carriageReturn, extensions.mayEnd {
                state = .sizeLineFeed
            } else {
                try extensions.step(byte)
                try countExtensionByte(limits)
            }
        case .sizeLineFeed:
            guard byte == .lineFeed else { throw .bareCarriageReturn }
            guard chunkRemaining <= maxBytes - received else { throw .bodyTooLarge(limit: maxBytes, actual: nil) }
            received += chunkRemaining
            state = chunkRemaining == 0 ? .trailers : .data
            sizeDigits = 0
        case .dataReturn:
            guard byte == .carriageReturn else { throw .badChunkEnd }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == .lineFeed else { throw .badChunkEnd }
            state = .sizeStart
        case .data, .trailers:
            break
        }
    }

    private mutating func countExtensionByte(_ limits: HTTPParserLimits) throws(HTTPProtocolError) {
        extensionBytes += 1
        if extensionBytes > limits.maxChunkExtensionBytes {
            throw .chunkExtensionsTooLarge(limit: limits.maxChunkExtensionBytes)
        }
    }
}

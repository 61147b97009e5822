/// Field lines up to the empty line, one byte at a time: the same rules for a header and for trailers.
struct FieldLineMachine {
    enum Mark {
        case none
        /// The colon after a name.
        case nameEnd
        /// The CR that ends a line.
        case lineEnd
        /// The LF of the empty line.
        case sectionEnd
    }

    private enum State { case lineStart, name, value, lineFeed, lastLineFeed }

    private var state = State.lineStart

    @inline(__always)
    mutating func step(_ byte: UInt8) throws(HTTPProtocolError) -> Mark {
        switch state {
        case .value:
            if byte.isFieldValue { return .none }
            guard byte == .carriageReturn else { throw byte.asLineError }
            state = .lineFeed
            return .lineEnd
        case .name:
            if byte.isToken { return .none }
            guard byte == UInt8(ascii: ":") else { throw byte.asNameError }
            state = .value
            return .nameEnd
        case .lineStart:
            switch byte {
            case .carriageReturn: state = .lastLineFeed
            case .space, .tab: throw .foldedField
            default:
                guard byte.isToken else { throw byte.asNameError }
                state = .name
            }
            return .none
        case .lineFeed:
            guard byte == .lineFeed else { throw .bareCarriageReturn }
            state = .lineStart
            return .none
        case .lastLineFeed:
            guard byte == .lineFeed else { throw .bareCarriageReturn }
            state = .lineStart
            return .sectionEnd
        }
    }
}

extension UInt8 {
    /// Why this byte ends no line and belongs to none.
    var asLineError: HTTPProtocolError { self == .lineFeed ? .bareLineFeed : .forbiddenByte(self) }

    fileprivate var asNameError: HTTPProtocolError {
        switch self {
        case .lineFeed: .bareLineFeed
        case .carriageReturn: .badFieldName
        case 0x21..., .space, .tab: .badFieldName
        default: .forbiddenByte(self)
        }
    }
}

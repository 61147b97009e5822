/// The extensions of one chunk (RFC 9112, 7.1.1), one byte at a time: checked and dropped.
///
///     chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
struct ChunkExtensions {
    private enum State {
        /// Behind the size, a name or a value: `;` may follow.
        case end
        /// Blanks behind one of these: then something must follow.
        case blanks
        case nameStart, name, nameBlanks
        case valueStart, value, quoted, quotedPair
    }

    private var state = State.end

    /// Whether CR may end the line here.
    var mayEnd: Bool {
        switch state {
        case .end, .name, .value: true
        case .blanks, .nameStart, .nameBlanks, .valueStart, .quoted, .quotedPair: false
        }
    }

    /// Takes any byte but a CR that may end the line.
    mutating func step(_ byte: UInt8) throws(HTTPProtocolError) {
        let isBlank = byte == .space || byte == .tab
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")): state = .end
        case (.quoted, UInt8(ascii: "\\")): state = .quotedPair
        case (.quoted, _) where byte.isFieldValue: break
        case (.quotedPair, _) where byte.isFieldValue: state = .quoted
        case (.end, _) where isBlank, (.value, _) where isBlank: state = .blanks
        case (.name, _) where isBlank: state = .nameBlanks
        case (.blanks, _) where isBlank, (.nameStart, _) where isBlank, (.nameBlanks, _) where isBlank,
            (.valueStart, _) where isBlank:
            break
        case (.end, UInt8(ascii: ";")), (.blanks, UInt8(ascii: ";")), (.name, UInt8(ascii: ";")),
            (.nameBlanks, UInt8(ascii: ";")), (.value, UInt8(ascii: ";")):
            state = .nameStart
        case (.name, UInt8(ascii: "=")), (.nameBlanks, UInt8(ascii: "=")): state = .valueStart
        case (.valueStart, UInt8(ascii: "\"")): state = .quoted
        case (.nameStart, _) where byte.isToken, (.name, _) where byte.isToken: state = .name
        case (.valueStart, _) where byte.isToken, (.value, _) where byte.isToken: state = .value
        default: throw byte.isFieldValue ? .badChunkExtension : byte.asLineError
        }
    }
}

extension PreTokenizerStage {
    /// Cuts the text pieces of `text`, or rewrites them. Added tokens pass untouched.
    func apply(_ text: inout WorkingText, _ pieces: inout [Piece], _ spare: inout [Piece], _ scratch: PatternScratch)
        throws
    {
        spare.removeAll(keepingCapacity: true)
        switch self {
        case .split(let pattern, let behavior, let isInverted):
            let scanner = behavior == .isolated ? ASCIIScanner(pattern) : nil
            try text.withBytes { bytes in
                for piece in pieces {
                    guard piece.isText else {
                        spare.append(piece)
                        continue
                    }
                    let subject = UnsafeBufferPointer(rebasing: bytes[piece.start..<piece.end])
                    if let scanner {
                        try scanner.split(subject, at: piece.start, scratch, &spare)
                        continue
                    }
                    var joiner = PieceJoiner(behavior, isInverted: isInverted, start: piece.start)
                    try pattern.forEachMatch(in: subject, scratch) { joiner.addMatch($0, $1, &spare) }
                    joiner.finish(count: subject.count, &spare)
                }
            }
        case .digits(let individual):
            let behavior: SplitBehavior = individual ? .isolated : .contiguous
            text.withBytes { bytes in
                for piece in pieces { Self.splitDigits(bytes, piece, behavior, &spare) }
            }
        case .prefixSpace:
            guard Self.needsSpace(text, pieces) else { return }
            text.rewrite(pieces, into: &spare) { piece in
                if piece.bytes[0] != 0x20 { piece.prepend([0x20]) }
            }
        case .metaspace(let mark, let prefix, let splits):
            text.rewrite(pieces, into: &spare) { piece in Self.markSpaces(&piece, mark, prefix) }
            swap(&pieces, &spare)
            guard splits else { return }
            return try PreTokenizerStage.split(.literal(mark), .mergedWithNext, isInverted: false)
                .apply(&text, &pieces, &spare, scratch)
        }
        swap(&pieces, &spare)
    }

    private static func splitDigits(
        _ bytes: UnsafeBufferPointer<UInt8>, _ piece: Piece, _ behavior: SplitBehavior, _ output: inout [Piece]
    ) {
        guard piece.isText else { return output.append(piece) }
        var joiner = PieceJoiner(behavior, isInverted: false, start: piece.start)
        var at = piece.start
        while at < piece.end {
            let start = at
            if isNumeric(UTF8Scalar.decode(bytes, &at)) {
                joiner.addMatch(start - piece.start, at - piece.start, &output)
            }
        }
        joiner.finish(count: piece.end - piece.start, &output)
    }

    /// Decimal digits, letter numbers and other numbers.
    @inline(__always)
    private static func isNumeric(_ scalar: UInt32) -> Bool {
        if scalar < 0x80 { return 0x30...0x39 ~= scalar }
        switch Unicode.Scalar(scalar)?.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    private static func needsSpace(_ text: WorkingText, _ pieces: [Piece]) -> Bool {
        text.withBytes { bytes in pieces.contains { $0.isText && bytes[$0.start] != 0x20 } }
    }

    /// Every space becomes a mark; then one more in front, if there is none yet.
    private static func markSpaces(_ piece: inout AlignedText, _ mark: [UInt8], _ prefix: MetaspacePrefix) {
        piece.replace(0x20, with: mark)
        let isMarked = piece.bytes.starts(with: mark)
        let isWanted =
            switch prefix {
            case .always: true
            case .first: piece.places[0].start == 0
            case .never: false
            }
        if isWanted, !isMarked { piece.prepend(mark) }
    }
}

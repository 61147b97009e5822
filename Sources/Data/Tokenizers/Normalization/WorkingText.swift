/// The text between two steps: the original as it came, or an aligned copy from the first step that changes it.
struct WorkingText {
    private let original: UnsafeBufferPointer<UInt8>
    private var aligned: AlignedText?

    /// `original` must outlive the value.
    init(_ original: UnsafeBufferPointer<UInt8>) {
        self.original = original
    }

    var count: Int { aligned?.count ?? original.count }

    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        guard let aligned else { return try body(original) }
        return try aligned.bytes.withUnsafeBufferPointer(body)
    }

    /// The bytes, and where each comes from.
    @inline(__always)
    func withSpans<Result>(_ body: (SpanMap) throws -> Result) rethrows -> Result {
        guard let aligned else { return try body(SpanMap(bytes: original, places: nil)) }
        return try aligned.bytes.withUnsafeBufferPointer { bytes in
            try aligned.places.withUnsafeBufferPointer { places in
                try body(SpanMap(bytes: bytes, places: places))
            }
        }
    }

    /// Rewrites each text piece by itself; the pieces of the new text are appended to `output`.
    mutating func rewrite(
        _ pieces: [Piece], into output: inout [Piece], _ body: (inout AlignedText) throws -> Void
    ) rethrows {
        var result = AlignedText()
        for piece in pieces {
            var part = AlignedText()
            if let aligned {
                part.append(aligned, piece.start..<piece.end)
            } else {
                part = AlignedText(
                    UnsafeBufferPointer(rebasing: original[piece.start..<piece.end]), offset: piece.start)
            }
            if piece.isText { try body(&part) }
            guard !part.isEmpty else { continue }
            output.append(Piece(start: result.count, end: result.count + part.count, token: piece.token))
            if result.isEmpty { result = part } else { result.append(part, 0..<part.count) }
        }
        aligned = result
    }
}

/// From bytes of the working text to spans of the original.
struct SpanMap {
    let bytes: UnsafeBufferPointer<UInt8>
    /// nil where the working text is the original.
    let places: UnsafeBufferPointer<AlignedText.Place>?

    /// The span of a token: whole characters, even where the token holds a part of one.
    @inline(__always)
    func span(_ from: Int, _ to: Int) -> Range<Int> {
        if let places {
            guard from < to else { return 0..<0 }
            let start = Int(places[from].start)
            return Range(uncheckedBounds: (start, max(start, Int(places[to - 1].end))))
        }
        var start = from
        while start > 0, UTF8Scalar.isContinuation(bytes[start]) { start -= 1 }
        var end = to
        while end < bytes.count, UTF8Scalar.isContinuation(bytes[end]) { end += 1 }
        return Range(uncheckedBounds: (start, end))
    }
}

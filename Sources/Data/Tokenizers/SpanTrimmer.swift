/// ByteLevel's `trim_offsets`: the blanks that a token starts and ends with are left out of its span.
struct SpanTrimmer: Sendable {
    /// By token id: how many blanks it starts with (high half) and ends with (low half).
    private let blanks: [UInt32]
    private let keepsFirst: [Bool]

    /// - Parameter trims: as `PostProcessor.trims`.
    init?(_ trims: [Bool], vocabulary: TokenTable) {
        guard !trims.isEmpty else { return nil }
        var blanks = [UInt32](repeating: 0, count: vocabulary.idLimit)
        vocabulary.forEach { id, bytes in blanks[Int(id)] = Self.blanks(bytes) }
        self.blanks = blanks
        keepsFirst = trims
    }

    /// Spaces as ByteLevel writes them (U+0120) count, and all other white space.
    private static func blanks(_ token: some RandomAccessCollection<UInt8>) -> UInt32 {
        let scalars = String(decoding: token, as: UTF8.self).unicodeScalars
        func isBlank(_ scalar: Unicode.Scalar) -> Bool {
            scalar.value == 0x120 || WhiteSpace.contains(scalar.value)
        }
        let leading = UInt32(scalars.prefix(while: isBlank).count)
        let trailing = UInt32(scalars.reversed().prefix(while: isBlank).count)
        return min(leading, 0xFFFF) << 16 | min(trailing, 0xFFFF)
    }

    /// - Parameter added: the added tokens among `encoding` by their index, with the text each was found as.
    func trim(
        _ encoding: inout Tokenizer.Encoding, added: [(index: Int, text: [UInt8])],
        in original: UnsafeBufferPointer<UInt8>
    ) {
        for keepsFirst in keepsFirst {
            var nextAdded = 0
            for at in encoding.ids.indices {
                var found: UInt32
                if nextAdded < added.count, added[nextAdded].index == at {
                    found = Self.blanks(added[nextAdded].text)
                    nextAdded += 1
                } else {
                    found = blanks[Int(encoding.ids[at])]
                }
                guard found > 0 else { continue }
                if found >> 16 == 1, keepsFirst, at == 0 || encoding.offsets[at].lowerBound == 0 { found &= 0xFFFF }
                encoding.offsets[at] = Self.trim(
                    encoding.offsets[at], leading: Int(found >> 16), trailing: Int(found & 0xFFFF), original)
            }
        }
    }

    /// Counts characters of the original, as the library does.
    private static func trim(
        _ span: Range<Int>, leading: Int, trailing: Int, _ original: UnsafeBufferPointer<UInt8>
    ) -> Range<Int> {
        var start = span.lowerBound
        for _ in 0..<leading where start < span.upperBound { start += UTF8Scalar.length(first: original[start]) }
        var end = span.upperBound
        for _ in 0..<trailing {
            // Fewer characters before the end than blanks: the library leaves the end alone.
            guard end > 0 else { return start..<span.upperBound }
            end -= 1
            while end > 0, UTF8Scalar.isContinuation(original[end]) { end -= 1 }
        }
        return start..<max(start, end)
    }
}

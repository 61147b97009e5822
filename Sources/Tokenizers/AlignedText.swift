/// A text as the normalizers leave it, with the place in the original text each of its bytes comes from.
///
/// `starts[i] ..< ends[i]` are the bytes of the original that byte `i` stands for: those of the character it belongs to.
/// The rules for what an inserted, replaced or removed character stands for are those of `tokenizers`.
struct AlignedText {
    private(set) var bytes: [UInt8] = []
    private(set) var starts: [UInt32] = []
    private(set) var ends: [UInt32] = []

    /// One scalar of a new text, and how it comes of the old one.
    struct Change {
        var scalar: UInt32
        /// 0: it replaces one scalar. 1: it is inserted, and stands for what the scalar before it stands for.
        /// -n: it replaces one scalar, and the n scalars behind that are removed.
        var step: Int
    }

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Appends original bytes as they are; `offset` is where `original` starts in the whole text.
    mutating func append(_ original: UnsafeBufferPointer<UInt8>, offset: Int) {
        bytes.append(contentsOf: original)
        var at = 0
        while at < original.count {
            let length = UTF8Scalar.length(first: original[at])
            for _ in 0..<length {
                starts.append(UInt32(offset + at))
                ends.append(UInt32(offset + at + length))
            }
            at += length
        }
    }

    mutating func append(_ other: AlignedText, _ range: Range<Int>) {
        bytes.append(contentsOf: other.bytes[range])
        starts.append(contentsOf: other.starts[range])
        ends.append(contentsOf: other.ends[range])
    }

    /// Appends new text that stands for `place` in the original.
    mutating func append(_ text: [UInt8], standingFor place: (start: UInt32, end: UInt32)) {
        bytes.append(contentsOf: text)
        for _ in text {
            starts.append(place.start)
            ends.append(place.end)
        }
    }

    func place(_ at: Int) -> (start: UInt32, end: UInt32) { (starts[at], ends[at]) }

    /// Inserts `text` before the first character; it stands for that character. Nothing to do for an empty text.
    mutating func prepend(_ text: [UInt8]) {
        guard !isEmpty else { return }
        var result = AlignedText()
        result.append(text, standingFor: place(0))
        result.append(self, 0..<count)
        self = result
    }

    /// Rewrites the whole text. `removedFirst` scalars at its start are dropped before the first change applies.
    mutating func apply(_ changes: [Change], removedFirst: Int = 0) {
        var result = AlignedText()
        result.bytes.reserveCapacity(count)
        result.starts.reserveCapacity(count)
        result.ends.reserveCapacity(count)
        var at = 0
        func skip(_ scalars: Int) {
            for _ in 0..<scalars where at < count { at += UTF8Scalar.length(first: bytes[at]) }
        }
        skip(removedFirst)
        var scalarBytes: [UInt8] = []
        for change in changes {
            let source = change.step > 0 ? at - 1 : at
            let fallback: (UInt32, UInt32) = count == 0 ? (0, 0) : (ends[count - 1], ends[count - 1])
            let place = source < 0 ? (starts.first ?? 0, starts.first ?? 0) : source < count ? place(source) : fallback
            scalarBytes.removeAll(keepingCapacity: true)
            UTF8Scalar.append(change.scalar, to: &scalarBytes)
            result.append(scalarBytes, standingFor: place)
            if change.step <= 0 { skip(1 - change.step) }
        }
        self = result
    }
}

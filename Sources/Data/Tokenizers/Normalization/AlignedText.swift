/// A text as the normalizers leave it, with the place in the original text each of its bytes comes from.
///
/// The place of a byte is the span of the character it stands for. The rules for what an inserted, replaced or removed
/// character stands for are those of `tokenizers`.
struct AlignedText {
    /// Bytes of the original text.
    struct Place {
        var start: UInt32
        var end: UInt32
    }

    private(set) var bytes: [UInt8] = []
    /// As many as `bytes`.
    private(set) var places: [Place] = []

    /// One scalar of a new text, and how it comes of the old one.
    struct Change {
        var scalar: UInt32
        /// 0: it replaces one scalar. 1: it is inserted, and stands for what the scalar before it stands for.
        /// -n: it replaces one scalar, and the n scalars behind that are removed.
        var step: Int
    }

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }

    init() {}

    /// Original bytes as they are; `offset` is where `original` starts in the whole text.
    init(_ original: UnsafeBufferPointer<UInt8>, offset: Int) {
        bytes = Array(original)
        places = Array(unsafeUninitializedCapacity: original.count) { places, count in
            var at = 0
            while at < original.count {
                let length = UTF8Scalar.length(first: original[at])
                let start = UInt32(truncatingIfNeeded: offset &+ at)
                let place = Place(start: start, end: start &+ UInt32(truncatingIfNeeded: length))
                for _ in 0..<length {
                    places.initializeElement(at: at, to: place)
                    at &+= 1
                }
            }
            count = original.count
        }
    }

    mutating func reserveCapacity(_ count: Int) {
        bytes.reserveCapacity(count)
        places.reserveCapacity(count)
    }

    mutating func append(_ other: AlignedText, _ range: Range<Int>) {
        bytes.append(contentsOf: other.bytes[range])
        places.append(contentsOf: other.places[range])
    }

    /// Appends new text that stands for `place` in the original.
    mutating func append(_ text: [UInt8], standingFor place: Place) {
        bytes.append(contentsOf: text)
        places.append(contentsOf: repeatElement(place, count: text.count))
    }

    /// Inserts `text` before the first character; it stands for that character. Nothing to do for an empty text.
    mutating func prepend(_ text: [UInt8]) {
        guard let first = places.first else { return }
        bytes.insert(contentsOf: text, at: 0)
        places.insert(contentsOf: repeatElement(first, count: text.count), at: 0)
    }

    /// Every byte equal to `byte` becomes `replacement`, which stands for the same place. `byte` must be ASCII.
    mutating func replace(_ byte: UInt8, with replacement: [UInt8]) {
        let found = bytes.reduce(0) { $0 &+ ($1 == byte ? 1 : 0) }
        guard found > 0 else { return }
        let total = count + found * (replacement.count - 1)
        let newPlaces = [Place](unsafeUninitializedCapacity: total) { output, filled in
            filled = 0
            for (byteAt, place) in zip(bytes, places) {
                for _ in 0..<(byteAt == byte ? replacement.count : 1) {
                    output.initializeElement(at: filled, to: place)
                    filled &+= 1
                }
            }
        }
        bytes = [UInt8](unsafeUninitializedCapacity: total) { output, filled in
            filled = 0
            for byteAt in bytes {
                if byteAt == byte {
                    for new in replacement {
                        output.initializeElement(at: filled, to: new)
                        filled &+= 1
                    }
                } else {
                    output.initializeElement(at: filled, to: byteAt)
                    filled &+= 1
                }
            }
        }
        places = newPlaces
    }

    /// Rewrites the whole text.
    mutating func apply(_ changes: [Change]) {
        guard let first = places.first, let last = places.last else { return }
        var result = AlignedText()
        result.reserveCapacity(count)
        var at = 0
        var scalarBytes: [UInt8] = []
        for change in changes {
            let source = change.step > 0 ? at - 1 : at
            let place =
                if source < 0 {
                    Place(start: first.start, end: first.start)
                } else if source < count {
                    places[source]
                } else {
                    Place(start: last.end, end: last.end)
                }
            scalarBytes.removeAll(keepingCapacity: true)
            UTF8Scalar.append(change.scalar, to: &scalarBytes)
            result.append(scalarBytes, standingFor: place)
            if change.step <= 0 {
                for _ in 0...(-change.step) where at < count { at += UTF8Scalar.length(first: bytes[at]) }
            }
        }
        self = result
    }
}

import JSONValues

/// What vLLM gives for the positions of a prompt: `[null, {"27": {"logprob": -18.85, "rank": 296, "decoded_token": ";"}}]`, all entries
/// in one list.
struct VLLMPositions {
    private(set) var entries: [TopToken] = []
    /// Where the entries of each position end; those of null are none.
    private(set) var ends: [Int] = []

    var count: Int { ends.count }

    /// The entries of a position; none for null.
    subscript(position: Int) -> ArraySlice<TopToken> {
        entries[(position > 0 ? ends[position - 1] : 0)..<ends[position]]
    }

    private init() {}

    /// The array where vLLM's own form of it stands in an answer, and the answer with null in its place; nil where there is none in that
    /// form.
    static func cut(from body: [UInt8], atMost tokens: Int, topK: Int) -> (VLLMPositions, rest: [UInt8])? {
        body.withUnsafeBufferPointer { bytes in
            // Quotes that are not escaped begin and end a string: this is a key, or a string that no colon follows.
            guard let start = VLLMScan.value(of: "\"prompt_logprobs\"", in: bytes) else { return nil }
            var positions = VLLMPositions()
            positions.entries.reserveCapacity(tokens * (1 + topK))
            positions.ends.reserveCapacity(tokens)
            var scan = VLLMScan(UnsafeBufferPointer(rebasing: bytes[start...]))
            guard scan.positions(atMost: tokens, into: &positions) else { return nil }
            return (positions, Array(bytes[..<start]) + Array("null".utf8) + Array(bytes[(start + scan.offset)...]))
        }
    }

    /// Reads the array in any form.
    init(_ reader: inout JSONReader, atMost tokens: Int) throws {
        var (entries, ends) = ([TopToken](), [Int]())
        try reader.array { reader, _ in
            guard ends.count < tokens else { throw AnswerFault("more than \(tokens) log-probs in it") }
            defer { ends.append(entries.count) }
            guard try !reader.takeNull() else { return }
            let before = entries.count
            try reader.object { reader, key in
                guard let id = Int32(key) else { throw AnswerFault("\(key) stands where a token id belongs") }
                var value: Float?
                try reader.object { reader, key in
                    if key == "logprob" { value = try reader.float() } else { try reader.skip() }
                }
                guard let value else { throw AnswerFault("a token without logprob in it") }
                entries.append(TopToken(id: id, logProb: value))
            }
            guard entries.count > before else { throw AnswerFault("a position without a token in it") }
        }
        (self.entries, self.ends) = (entries, ends)
    }

    fileprivate mutating func append(_ entry: TopToken) { entries.append(entry) }
    fileprivate mutating func endPosition() { ends.append(entries.count) }
}

/// Reads the bytes of vLLM's own form, and says no to everything else: what it cannot read may still be right.
struct VLLMScan {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// Bytes that were read.
    private(set) var offset = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Where the value of a key begins, found by the key's bytes; nil where they stand nowhere before a colon.
    static func value(of key: StaticString, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let (length, first) = (key.utf8CodeUnitCount, key.utf8Start[1])
        var at = 0
        // The first byte is a quote, which is everywhere: the second is looked for.
        while at + length < bytes.count {
            if bytes[at + 1] == first, bytes[at] == key.utf8Start[0],
                (2..<length).allSatisfy({ bytes[at + $0] == key.utf8Start[$0] })
            {
                break
            }
            at += 1
        }
        guard at + length < bytes.count else { return nil }
        at += length
        while at < bytes.count, bytes[at] == 0x20 { at += 1 }
        guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { return nil }
        at += 1
        while at < bytes.count, bytes[at] == 0x20 { at += 1 }
        return at < bytes.count ? at : nil
    }

    /// The whole array; false where something of it is not as expected.
    mutating func positions(atMost tokens: Int, into result: inout VLLMPositions) -> Bool {
        guard take("[") else { return false }
        repeat {
            skipSpace()
            guard result.count < tokens else { return false }
            if takeWord("null") {
                result.endPosition()
            } else {
                guard take("{") else { return false }
                repeat {
                    skipSpace()
                    guard let entry = entry() else { return false }
                    result.append(entry)
                } while take(",")
                guard take("}") else { return false }
                result.endPosition()
            }
        } while take(",")
        return take("]")
    }

    /// `"27": {"logprob": -18.85, "rank": 296, "decoded_token": ";"}`.
    private mutating func entry() -> TopToken? {
        guard takeWord("\""), let id = integer(), id <= UInt64(Int32.max), takeWord("\""), take(":"), take("{") else {
            return nil
        }
        skipSpace()
        guard takeWord("\"logprob\""), take(":") else { return nil }
        skipSpace()
        guard let value = number() else { return nil }
        guard take(",") else { return nil }
        skipSpace()
        guard takeWord("\"rank\""), take(":") else { return nil }
        skipSpace()
        guard integer() != nil, take(",") else { return nil }
        skipSpace()
        guard takeWord("\"decoded_token\""), take(":") else { return nil }
        skipSpace()
        guard takeWord("null") || string(), take("}") else { return nil }
        return TopToken(id: Int32(id), logProb: value)
    }

    /// A string whose contents nobody wants: escapes are passed over, where they are some.
    private mutating func string() -> Bool {
        guard takeWord("\"") else { return false }
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") { return true }
            guard byte >= 0x20, byte != UInt8(ascii: "\\") || escape() else { return false }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard offset < bytes.count else { return false }
        let letter = bytes[offset]
        offset += 1
        guard letter == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(letter) }
        for _ in 0..<4 {
            guard offset < bytes.count, isHexadecimal(bytes[offset]) else { return false }
            offset += 1
        }
        return true
    }

    private func isHexadecimal(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(letter)
    }

    /// A number without sign, point and exponent, and of less than 18 digits.
    private mutating func integer() -> UInt64? {
        let start = offset
        var value = UInt64(0)
        while let digit = digit(), offset - start < 18 {
            value = value * 10 + UInt64(digit)
            offset += 1
        }
        let digits = offset - start
        return digits > 0 && digits < 18 && !hasLeadingZero(start) ? value : nil
    }

    /// A decimal of at most 19 digits without an exponent, rounded to the nearest f32; nil where the double in between leaves two to
    /// choose from, and for all that is no number in JSON.
    private mutating func number() -> Float? {
        let isNegative = takeWord("-")
        var (mantissa, significant) = (UInt64(0), 0)
        /// How many digits there are; nil for more than a double holds.
        func digits(_ scan: inout VLLMScan) -> Int? {
            let start = scan.offset
            while let digit = scan.digit() {
                guard significant < 19 else { return nil }
                mantissa = mantissa * 10 + UInt64(digit)
                if significant > 0 || digit > 0 { significant += 1 }
                scan.offset += 1
            }
            return scan.offset - start
        }
        let start = offset
        guard let whole = digits(&self), whole > 0, !hasLeadingZero(start) else { return nil }
        var fraction = 0
        if takeWord(".") {
            guard let places = digits(&self), places > 0, places < Self.powers.count else { return nil }
            fraction = places
        }
        guard offset < bytes.count, bytes[offset] | 0x20 != UInt8(ascii: "e") else { return nil }
        let exact = Double(mantissa) / Self.powers[fraction]
        let rounded = Float(exact)
        // A double of 19 digits is off by 2^-52 of itself: nothing beside half an f32's last place, unless it is that.
        let (distance, half) = (abs(exact - Double(rounded)), Double(rounded.ulp) / 2)
        guard abs(distance - half) > half * 0x1p-20 else { return nil }
        return isNegative ? -rounded : rounded
    }

    /// The digit that comes next; nil where something else does.
    @inline(__always)
    private func digit() -> UInt8? {
        guard offset < bytes.count else { return nil }
        let digit = bytes[offset] &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }

    /// Whether digits from `start` on begin with a 0 that is not all of them.
    private func hasLeadingZero(_ start: Int) -> Bool { bytes[start] == UInt8(ascii: "0") && offset - start > 1 }

    private static let powers: [Double] = (0...22).map { power in
        (0..<power).reduce(1.0) { value, _ in value * 10 }
    }

    /// A character of structure, white space before it.
    @inline(__always)
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    @inline(__always)
    private mutating func takeWord(_ word: StaticString) -> Bool {
        guard bytes.count - offset >= word.utf8CodeUnitCount else { return false }
        for at in 0..<word.utf8CodeUnitCount where bytes[offset + at] != word.utf8Start[at] { return false }
        offset += word.utf8CodeUnitCount
        return true
    }

    @inline(__always)
    private mutating func skipSpace() {
        while offset < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[offset]) { offset += 1 }
    }
}

extension JSONReader {
    /// A scanned number, value = ±digits * 10^exponent where `isExact` (at most 19 digits, no more lost).
    struct Number {
        var isNegative = false
        var digits: UInt64 = 0
        var exponent = 0
        var isExact = true
        var isInteger = true  // written without a fraction or an exponent
        var range: Range<Int>

        /// The same value without fraction and exponent, where it has such a form of at most 19 digits.
        var asInteger: Number? {
            guard isExact else { return nil }
            var number = self
            while number.exponent < 0, number.digits % 10 == 0, number.digits > 0 {
                number.digits /= 10
                number.exponent += 1
            }
            while number.exponent > 0, number.digits > 0 {
                let (product, overflows) = number.digits.multipliedReportingOverflow(by: 10)
                guard !overflows else { return nil }
                number.digits = product
                number.exponent -= 1
            }
            guard number.exponent == 0 || number.digits == 0 else { return nil }
            number.isInteger = true
            return number
        }
    }

    /// Reads an integer: what JSON Schema calls one, so `5.0` and `1e3` too.
    ///
    /// - Throws: `JSONError`: `wrongType` for what is no integer (or, written with an exponent, far beyond 64 bits),
    ///   `numberOutOfRange` for one that does not fit.
    package mutating func int() throws -> Int {
        let number = try integerNumber()
        if number.isExact, let value = Int(exactlyNegative: number.isNegative, magnitude: number.digits) {
            return value
        }
        throw JSONError.numberOutOfRange(path: pathText, expected: "a 64-bit integer", got: literal(number))
    }

    /// Reads a token id or another integer of 32 bits; `5.0` and `1e3` are integers too.
    ///
    /// - Throws: `JSONError`: `wrongType` for what is no integer (or, written with an exponent, far beyond 64 bits),
    ///   `numberOutOfRange` for one that does not fit.
    package mutating func int32() throws -> Int32 {
        let number = try integerNumber()
        if number.isExact, let value = Int(exactlyNegative: number.isNegative, magnitude: number.digits),
            let narrow = Int32(exactly: value)
        {
            return narrow
        }
        throw JSONError.numberOutOfRange(
            path: pathText, expected: "an integer from \(Int32.min) to \(Int32.max)", got: literal(number))
    }

    /// Reads a number as the nearest double to the decimal written; a finite one.
    package mutating func double() throws -> Double {
        try expect(.number, "a number")
        return try double(scanNumber())
    }

    /// Reads a number as the nearest float to the decimal written (rounded once, never through a double); a finite one.
    package mutating func float() throws -> Float {
        try expect(.number, "a number")
        return try float(scanNumber())
    }

    /// Reads an array of integers of 32 bits. The elements cost no path, no closure and no `String`.
    package mutating func int32s() throws -> [Int32] {
        var values: [Int32] = []
        try elements { reader in
            if let value = reader.takePlainInteger() {
                values.append(value)
            } else {
                values.append(try reader.int32())
            }
        }
        return values
    }

    /// Reads an array of integers of 64 bits. The elements cost no path, no closure and no `String`.
    package mutating func ints() throws -> [Int] {
        var values: [Int] = []
        try elements { reader in
            if let value = reader.takePlainInteger() {
                values.append(Int(value))
            } else {
                values.append(try reader.int())
            }
        }
        return values
    }

    /// Reads an array of integers without fraction, exponent or negative zero, as parsers that know integers by their spelling take
    /// them.
    package mutating func plainInts() throws -> [Int] {
        var values: [Int] = []
        try elements { reader in
            if let value = reader.takePlainInteger() { return values.append(Int(value)) }
            try reader.expect(.number, "an integer")
            let number = try reader.scanNumber()
            guard number.isInteger, !(number.isNegative && number.isExact && number.digits == 0) else {
                throw JSONError.wrongType(
                    path: reader.pathText, expected: "an integer without fraction or exponent",
                    got: reader.literal(number))
            }
            guard number.isExact, let value = Int(exactlyNegative: number.isNegative, magnitude: number.digits) else {
                throw JSONError.numberOutOfRange(
                    path: reader.pathText, expected: "a 64-bit integer", got: reader.literal(number))
            }
            values.append(value)
        }
        return values
    }

    /// The usual element: one to nine digits without a sign or a leading zero, and a comma or bracket right behind.
    /// Anything else is left where it is, for the whole grammar to read.
    @inline(__always)
    private mutating func takePlainInteger() -> Int32? {
        var at = offset
        var value: Int32 = 0
        while at < bytes.count {
            let digit = bytes[at] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            guard at - offset < 9 else { return nil }
            value = value &* 10 &+ Int32(digit)
            at += 1
        }
        guard at > offset, at < bytes.count, bytes[at] == UInt8(ascii: ",") || bytes[at] == UInt8(ascii: "]"),
            at - offset == 1 || bytes[offset] != UInt8(ascii: "0")
        else { return nil }
        offset = at
        return value
    }

    /// Reads an array of numbers and nulls; null reads as NaN, which no number does.
    package mutating func floatsOrNulls() throws -> [Float] {
        var values: [Float] = []
        try elements { reader in
            if reader.offset < reader.bytes.count, reader.bytes[reader.offset] == UInt8(ascii: "n") {
                try reader.expectWord("null")
                values.append(.nan)
            } else {
                values.append(try reader.float())
            }
        }
        return values
    }

    /// As `array`, but an element costs no path, only its index.
    @inline(__always)
    private mutating func elements(_ body: (inout JSONReader) throws -> Void) throws {
        try expect(.array, "an array")
        try descend()
        offset += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return ascend() }
        element = 0
        while true {
            skipSpace()
            try body(&self)
            element += 1
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw unexpected("',' or ']'") }
            element = -1
            return ascend()
        }
    }

    private mutating func integerNumber() throws -> Number {
        try expect(.number, "an integer")
        let number = try scanNumber()
        guard let integer = number.isInteger ? number : number.asInteger else {
            throw JSONError.wrongType(path: pathText, expected: "an integer", got: literal(number))
        }
        return integer
    }

    func literal(_ number: Number) -> String {
        let shown = bytes[number.range].prefix(40)
        return String(decoding: shown, as: UTF8.self) + (shown.count < number.range.count ? "…" : "")
    }

    /// RFC 8259's grammar: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
    mutating func scanNumber() throws -> Number {
        var number = Number(range: offset..<offset)
        let start = offset
        number.isNegative = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if digit() != nil { throw unexpected("no digit after a leading 0") }
        } else {
            guard scanDigits(&number, exponentStep: 0) > 0 else { throw unexpected("a digit") }
        }
        if take(UInt8(ascii: ".")) {
            number.isInteger = false
            guard scanDigits(&number, exponentStep: -1) > 0 else { throw unexpected("a digit") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            number.isInteger = false
            try scanExponent(&number)
        }
        guard offset - start <= Self.maxNumberBytes else {
            throw JSONError.numberTooLong(path: pathText, limit: Self.maxNumberBytes)
        }
        number.range = start..<offset
        return number
    }

    private func digit() -> UInt64? {
        guard offset < bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[offset] else { return nil }
        return UInt64(bytes[offset] &- UInt8(ascii: "0"))
    }

    private mutating func scanDigits(_ number: inout Number, exponentStep: Int) -> Int {
        let start = offset
        while let digit = digit() {
            if number.digits < 1_000_000_000_000_000_000 {
                number.digits = number.digits &* 10 &+ digit
                number.exponent += exponentStep
            } else {
                number.isExact = false
            }
            offset += 1
        }
        return offset - start
    }

    private mutating func scanExponent(_ number: inout Number) throws {
        let isNegative = take(UInt8(ascii: "-"))
        if !isNegative { _ = take(UInt8(ascii: "+")) }
        guard digit() != nil else { throw unexpected("a digit") }
        var exponent = 0
        while let digit = digit() {
            if exponent < 1_000_000 { exponent = exponent * 10 + Int(digit) }
            offset += 1
        }
        number.exponent += isNegative ? -exponent : exponent
    }
}

extension Int {
    init?(exactlyNegative isNegative: Bool, magnitude: UInt64) {
        if isNegative {
            guard magnitude <= 1 << 63 else { return nil }
            self = magnitude == 1 << 63 ? .min : -Int(magnitude)
        } else {
            guard let value = Int(exactly: magnitude) else { return nil }
            self = value
        }
    }
}

/// Appends JSON to bytes. It knows where commas go; the caller opens and closes through closures, so what comes out is
/// well formed. Floats are the shortest decimals that read back to the same bits; a NaN becomes null.
///
///     var writer = JSONWriter()
///     writer.object { writer in
///         writer.field("id", "a")
///         writer.field("weights", [1.0, 0.8])
///     }
package struct JSONWriter: Sendable {
    /// What has been written so far.
    package private(set) var bytes: [UInt8] = []
    private let indent: Int?
    private var level = 0
    private var isFirst = true

    /// - Parameter indent: nil: compact; else each member on a line of its own, so many spaces a level (arrays of plain values stay on
    /// one).
    package init(indent: Int? = nil) {
        self.indent = indent
    }

    /// Writes an object, the members of which `body` writes: `key` and a value, or `field`.
    package mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try nest(UInt8(ascii: "{"), UInt8(ascii: "}"), onLines: true, body)
    }

    /// Writes an array, the elements of which `body` writes: `element` before each value.
    ///
    /// - Parameter onLines: whether the closing bracket gets a line of its own, where the writer indents; `element` is told the
    ///   same.
    package mutating func array(onLines: Bool = false, _ body: (inout JSONWriter) throws -> Void) rethrows {
        try nest(UInt8(ascii: "["), UInt8(ascii: "]"), onLines: onLines, body)
    }

    /// Writes the comma, the key and the colon of the next member; a value must follow.
    package mutating func key(_ name: String) {
        separate(onLine: true)
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        if indent != nil { bytes.append(0x20) }
    }

    /// Writes the comma before the next element; a value must follow.
    package mutating func element(onLine: Bool = false) {
        separate(onLine: onLine)
    }

    /// Writes null.
    package mutating func writeNull() { append("null") }
    /// Writes true or false.
    package mutating func write(_ value: Bool) { append(value ? "true" : "false") }
    /// Writes an integer of at most 64 bits; the digits are never cut or rounded.
    package mutating func write(_ value: some FixedWidthInteger) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(UInt64(value.magnitude))
    }
    /// Writes a string: its quotes, with quotes, backslashes, control characters and DEL escaped, everything else as UTF-8.
    package mutating func write(_ value: String) { quote(value) }

    /// Writes the shortest decimal that reads back to the same float; NaN is null. An infinity is the caller's mistake: JSON has none.
    package mutating func write(_ value: Float) {
        if value.isNaN { return writeNull() }
        precondition(value.isFinite, "JSON has no infinity")
        append(value.description)
    }

    /// Writes the shortest decimal that reads back to the same double; NaN is null. An infinity is the caller's mistake: JSON has
    /// none.
    package mutating func write(_ value: Double) {
        if value.isNaN { return writeNull() }
        precondition(value.isFinite, "JSON has no infinity")
        append(value.description)
    }

    /// Writes a value that is JSON already: what `JSONReader.verbatim` gave, say.
    package mutating func write(json: some Sequence<UInt8>) { bytes.append(contentsOf: json) }

    private mutating func nest(
        _ open: UInt8, _ close: UInt8, onLines: Bool, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        bytes.append(open)
        level += 1
        isFirst = true
        try body(&self)
        level -= 1
        if onLines && !isFirst { breakLine() }
        bytes.append(close)
        isFirst = false
    }

    private mutating func separate(onLine: Bool) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        if onLine { breakLine() } else if indent != nil && !isFirst { bytes.append(0x20) }
        isFirst = false
    }

    private mutating func breakLine() {
        guard let indent else { return }
        bytes.append(0x0A)
        for _ in 0..<indent * level { bytes.append(0x20) }
    }

    private mutating func appendDecimal(_ value: UInt64) {
        var rest = value
        var power: UInt64 = 1
        while rest / power >= 10 { power *= 10 }
        while power > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / power))
            rest %= power
            power /= 10
        }
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func quote(_ text: String) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20, 0x7F:
                append("\\u00")
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

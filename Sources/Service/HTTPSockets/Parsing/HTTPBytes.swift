/// The character classes of RFC 9110 section 5.6 and RFC 3986, as sets of ASCII codes in two words.
extension UInt8 {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    /// `tchar`: what a method, a field name and a token are made of.
    @inline(__always)
    var isToken: Bool {
        // ! # $ % & ' * + - . 0-9 | A-Z ^ _ ` a-z | ~
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        return self < 0x80 && ((self < 0x40 ? low : high) >> UInt64(self & 0x3F)) & 1 == 1
    }

    /// What a field value is made of: visible ASCII, `obs-text`, space and tab. No control, no DEL.
    @inline(__always)
    var isFieldValue: Bool { (self >= 0x20 && self != 0x7F) || self == .tab }

    /// What a request target is made of here: visible ASCII without `#`, which no target may carry.
    @inline(__always)
    var isTarget: Bool { self > 0x20 && self < 0x7F && self != UInt8(ascii: "#") }
}

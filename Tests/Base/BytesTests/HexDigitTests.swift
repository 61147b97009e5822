import Bytes
import Testing

struct HexDigitTests {
    @Test func everyByteIsADigitOrNone() {
        for byte in UInt8.min...UInt8.max {
            let character = Character(Unicode.Scalar(byte))
            let expected = byte < 0x80 ? character.hexDigitValue : nil
            #expect(HexDigit.value(byte).map(Int.init) == expected)
        }
    }

    @Test func bytesAndDigitsAreTurnedIntoEachOther() {
        let all = Array(UInt8.min...UInt8.max)
        let text = HexDigit.text(all)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.count == 512)
        #expect(HexDigit.bytes(text) == all && HexDigit.bytes(text.uppercased()) == all)
        #expect(HexDigit.bytes("") == [] && HexDigit.text([]) == "")
        for bad in ["0", "0g", "g0", "000", "0é", " 0"] { #expect(HexDigit.bytes(bad) == nil, "\(bad)") }
    }

    @Test func lowerCaseIsToldFromUpperCase() {
        #expect(HexDigit.areLowerCase("09af", count: 4))
        for bad in ["09aF", "09a", "09afa", "09ag", "09aé"] { #expect(!HexDigit.areLowerCase(bad, count: 4), "\(bad)") }
    }
}

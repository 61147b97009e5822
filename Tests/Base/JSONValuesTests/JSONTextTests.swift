import JSONValues
import Testing

/// Strings as bytes, keys that may come twice, and what is passed over.
@Suite struct JSONTextTests {
    private func bytes(_ text: [UInt8], checksUTF8: Bool = true) throws -> [UInt8] {
        try JSONReader.read(text, checksUTF8: checksUTF8) { reader in
            var result: [UInt8] = []
            try reader.appendString(to: &result)
            return result
        }
    }

    @Test(arguments: [#""\u00e9\ud83d\ude42\n""#, #""plain""#, #""""#, #""a\\b\/c""#, #""\u0000\uFFFF\uDBFF\uDFFF""#])
    func bytesAreThoseOfTheString(_ text: String) throws {
        let string = try JSONReader.read(text.utf8) { try $0.string() }
        #expect(try bytes(Array(text.utf8)) == Array(string.utf8))
    }

    @Test func utf8IsCheckedUnlessTheCallerDoes() throws {
        let (quote, invalid) = (UInt8(ascii: "\""), UInt8(0xFF))
        #expect(throws: JSONError.invalidUTF8(path: "", offset: 1)) { try bytes([quote, invalid, quote]) }
        #expect(try bytes([quote, invalid, quote], checksUTF8: false) == [invalid])
        let object: [UInt8] = [0x7B, quote, invalid, quote, 0x3A, quote, invalid, quote, 0x7D]
        #expect(throws: JSONError.self) { try JSONReader.read(object) { _ = try $0.skip() } }
        #expect(try JSONReader.read(object, checksUTF8: false) { try $0.skip() } == .object)
        // A String is always one.
        #expect(throws: JSONError.self) {
            try JSONReader.read([quote, invalid, quote], checksUTF8: false) { _ = try $0.string() }
        }
    }

    @Test func membersMayComeTwice() throws {
        let text = #"{"a": 1, "\u0061": [2, {"a": 3}], "b": null, "a": "x"}"#
        let (first, others) = try JSONReader.read(text.utf8) { reader in
            var (first, others): (Int?, [String]) = (nil, [])
            try reader.members { reader, key in
                if reader.isEqual(key, "a"), first == nil {
                    first = try reader.int()
                } else {
                    others.append("\(try reader.string(key)) \(try reader.skip())")
                }
            }
            return (first, others)
        }
        #expect(first == 1 && others == ["a array", "b null", "a string"])
        #expect(throws: JSONError.duplicateKey(path: "a", offset: 9)) { try JSONValue(parsing: Array(text.utf8)) }
    }

    /// An error inside of members says the whole way, with keys as they read.
    @Test func thePathIsMadeOfPlaces() {
        let text = #"{"in\u0070uts": [0, {"x.y": [1, tru]}]}"#
        let error = #expect(throws: JSONError.self) { try JSONReader.read(text.utf8) { _ = try $0.skip() } }
        #expect(error?.path == #"inputs[1]["x.y"][1]"#)
    }

    @Test(arguments: ["2.50", "12345678901234567890", #"{"a" : [ 1,null]}"#, #""\u00e9""#, "[]"])
    func aValueIsHandedOnAsItStands(_ text: String) throws {
        let members = "{\"first\":  \(text) , \"second\":\(text)}"
        var writer = JSONWriter()
        try writer.object { writer in
            try JSONReader.read(members.utf8) { reader in
                _ = try reader.object { reader, key in
                    writer.key(key)
                    writer.write(json: try reader.verbatim())
                }
            }
        }
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "{\"first\":\(text),\"second\":\(text)}")
        #expect(throws: JSONError.self) { try JSONReader.read((text + ",").utf8) { _ = try $0.verbatim() } }
    }
}

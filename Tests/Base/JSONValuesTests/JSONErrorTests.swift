import JSONValues
import Testing

@Suite struct JSONErrorTests {
    private func error(_ bytes: [UInt8]) -> JSONError? {
        do {
            _ = try JSONValue(parsing: bytes)
            return nil
        } catch {
            return error as? JSONError
        }
    }

    static let malformed: [(String, String)] = [
        ("", "the JSON ends at byte 0"),
        ("  ", "the JSON ends at byte 2"),
        ("nul", "the JSON ends at byte 3"),
        ("nulL", "expected null, got 'L' at byte 3"),
        ("not", "expected null, got 'o' at byte 1"),
        ("tru", "the JSON ends at byte 3"),
        ("nullable", "expected the end of null, got 'a' at byte 4"),
        ("{\"a\":false0}", "a: expected the end of false, got '0' at byte 10"),
        ("True", "expected a JSON value, got 'T' at byte 0"),
        ("{", "the JSON ends at byte 1"),
        ("{\"a\"", "a: the JSON ends at byte 4"),
        ("{\"a\" 1}", "a: expected ':', got '1' at byte 5"),
        ("{\"a\":1,}", "expected a key in double quotes, got '}' at byte 7"),
        ("{a:1}", "expected a key in double quotes, got 'a' at byte 1"),
        ("{'a':1}", "expected a key in double quotes, got ''' at byte 1"),
        ("{\"a\":1 \"b\":2}", "expected ',' or '}', got '\"' at byte 7"),
        ("[1 2]", "expected ',' or ']', got '2' at byte 3"),
        ("[1,]", "[1]: expected a JSON value, got ']' at byte 3"),
        ("[,1]", "[0]: expected a JSON value, got ',' at byte 1"),
        ("1 2", "expected the end of the JSON, got more at byte 2"),
        ("[1]]", "expected the end of the JSON, got more at byte 3"),
        ("\"abc", "the JSON ends at byte 4"),
        ("\"a\\", "the JSON ends at byte 3"),
        ("\"a\\x\"", "no such escape in a JSON string at byte 2"),
        ("\"\\u12g4\"", "no such escape in a JSON string at byte 1"),
        ("\"\\u12\"", "the JSON ends"),
        ("\"\\ud800\"", "half of a surrogate pair at byte 1"),
        ("\"\\ud800\\u0041\"", "half of a surrogate pair at byte 1"),
        ("\"\\ud800\\n\"", "half of a surrogate pair at byte 1"),
        ("\"\\udc00\"", "half of a surrogate pair at byte 1"),
        ("\"a\nb\"", "unescaped control character in a string at byte 2"),
        ("\"\\n\u{0}\"", "unescaped control character in a string at byte 3"),
        ("01", "expected no digit after a leading 0, got '1' at byte 1"),
        ("-", "the JSON ends at byte 1"),
        ("-a", "expected a digit, got 'a' at byte 1"),
        ("+1", "expected a JSON value, got '+' at byte 0"),
        (".5", "expected a JSON value, got '.' at byte 0"),
        ("1.", "the JSON ends at byte 2"),
        ("1.e5", "expected a digit, got 'e' at byte 2"),
        ("1e", "the JSON ends at byte 2"),
        ("1e+", "the JSON ends at byte 3"),
        ("1e400", "expected a number within a 64-bit float's range, got 1e400"),
        ("-1e99999999999999999999", "expected a number within a 64-bit float's range"),
        ("0x10", "expected the end of the JSON"),
        ("NaN", "expected a JSON value, got 'N'"),
        ("-Infinity", "expected a digit, got 'I'"),
        ("\u{FEFF}1", "expected a JSON value, got byte 0xef at byte 0"),
        ("\u{A0}1", "expected a JSON value, got byte 0xc2 at byte 0"),
        ("/**/1", "expected a JSON value, got '/' at byte 0"),
        ("{\"a\":1,\"a\":2}", "a: given twice, again at byte 7"),
        ("{\"a\":{\"b.c\":[0,{\"d\":1,\"d\":1}]}}", "a[\"b.c\"][1].d: given twice"),
    ]

    @Test(arguments: malformed.indices) func malformedTextIsNamed(_ index: Int) {
        let (text, expected) = Self.malformed[index]
        let got = error(Array(text.utf8))?.description ?? "accepted"
        #expect(got.hasPrefix(expected), "\(text): \(got)")
    }

    @Test(
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func invalidUTF8(_ bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(error([quote] + bytes + [quote]) == .invalidUTF8(path: "", offset: 1))
        #expect(error([quote, 0x5C, 0x6E] + bytes + [quote]) == .invalidUTF8(path: "", offset: 1))
        guard case .invalidUTF8 = error([0x7B, quote] + bytes + [quote, 0x3A, 0x31, 0x7D]) else {
            Issue.record("accepted as a key")
            return
        }
    }

    @Test func depthIsLimited() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(error(nested(200)) == nil)
        guard case .tooDeep(_, 200) = error(nested(201)) else {
            Issue.record("201 levels are accepted")
            return
        }
        guard case .tooDeep(_, 200) = error(Array(String(repeating: "{\"a\":", count: 500_000).utf8)) else {
            Issue.record("half a million levels are accepted")
            return
        }
    }

    @Test func numbersAreLimitedInLength() throws {
        let long = "0." + String(repeating: "1", count: JSONReader.maxNumberBytes - 2)
        #expect(try JSONValue(parsing: Array(long.utf8)) == .number(1.0 / 9))
        #expect(error(Array((long + "1").utf8)) == .numberTooLong(path: "", limit: JSONReader.maxNumberBytes))
        let huge = [UInt8](repeating: UInt8(ascii: "1"), count: 10_000_000)
        #expect(error(huge) == .numberTooLong(path: "", limit: JSONReader.maxNumberBytes))
    }

    @Test func aHostileKeyIsShortenedAndEscapedInThePath() {
        let key = String(repeating: "k", count: 1_000_000)
        let long = error(Array("{\"\(key)\":x}".utf8))?.path ?? ""
        #expect(long.utf8.count < 100 && long.hasPrefix("[\"kkkk"))
        #expect(error(Array(#"{"a\nb\"":x}"#.utf8))?.path == #"["a\nb\""]"#)
        let combining = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect((error(Array("{\"\(combining)\":x}".utf8))?.path.utf8.count ?? .max) < 200)
    }

    @Test func manyKeysTakeLinearTime() throws {
        let text = "{" + (0..<300_000).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
        guard case .object(let object) = try JSONValue(parsing: Array(text.utf8)) else {
            Issue.record("no object")
            return
        }
        #expect(object.count == 300_000)
    }

    /// Cut anywhere, a text is refused and nothing is read beyond its end.
    @Test func everyPrefixIsRefused() {
        let text = Array(#"{"a":[1,-2.5e+3,true,false,null,"x\n\u00e9\ud83d\ude42 é"],"b":{"c":{}},"d":[]}"#.utf8)
        for count in 0..<text.count { #expect(error(Array(text.prefix(count))) != nil) }
        #expect(error(text) == nil)
    }

    /// A word of prose that begins as null, true or false do is no value of another type, whatever the caller asked for.
    @Test(arguments: ["not", "tru", "foo bar", "nullable", "true_story"])
    func aWordThatIsNoValueIsNamedAsSuch(_ text: String) {
        let asked: [(inout JSONReader) throws -> Void] = [
            { _ = try $0.object { _, _ in } }, { _ = try $0.array { _, _ in } }, { _ = try $0.string() },
            { _ = try $0.double() }, { _ = try $0.int32s() }, { _ = try $0.bool() }, { _ = try $0.takeNull() },
        ]
        for read in asked {
            let error = #expect(throws: JSONError.self) { try JSONReader.read(Array(text.utf8), read) }
            switch error {
            case .unexpectedByte?, .unexpectedEnd?: break
            default: Issue.record("\(text): \(String(describing: error))")
            }
        }
        #expect(throws: JSONError.wrongType(path: "", expected: "a string", got: "null")) {
            try JSONReader.read(Array("null".utf8)) { _ = try $0.string() }
        }
    }

    /// What is passed over has the same grammar as what is kept, and the same errors.
    @Test(arguments: malformed.indices) func skippingChecksTheSame(_ index: Int) {
        let bytes = Array(Self.malformed[index].0.utf8)
        var skipped: JSONError?
        do {
            try JSONReader.read(bytes) { _ = try $0.skip() }
        } catch {
            skipped = error as? JSONError
        }
        switch error(bytes) {
        // Keys are told apart, and numbers computed, where somebody looks at them.
        case .duplicateKey, .numberOutOfRange: #expect(skipped == nil)
        case let read: #expect(skipped == read)
        }
    }
}

import JSONValues
import Testing

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
    private func compact(_ value: JSONValue) -> String { String(decoding: value.compact, as: UTF8.self) }
    private func canonical(_ value: JSONValue) -> String { String(decoding: value.canonical, as: UTF8.self) }

    @Test func everyKindReadsBack() throws {
        let text = #"{"a":[1,-2.5,true,false,null,"x\n\"é"],"b":{"c":{}},"d":[]}"#
        #expect(compact(try parse(text)) == text)
    }

    @Test func whiteSpaceIsPassedOver() throws {
        #expect(compact(try parse(" \t\r\n{ \"a\" :\n[ 1 , 2 ] , \"b\" : null }\n ")) == #"{"a":[1,2],"b":null}"#)
    }

    @Test func integersAreExactAndApartFromOtherNumbers() throws {
        #expect(try parse("9007199254740993") == .integer(9_007_199_254_740_993))
        #expect(try parse("-9223372036854775808") == .integer(.min))
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .number(9.223372036854775808e18))
        #expect(try parse("1000000000000000019884624838656") == .number(1e30))
        #expect(try parse("1.0") == .number(1))
        #expect(try parse("1e0") == .number(1))
        #expect(try parse("-0") == .integer(0))
        #expect(try parse("-0.0") == .number(-0.0))
    }

    @Test func objectsKeepTheirOrderAndFindByKey() throws {
        let count = 1000
        let text = "{" + (0..<count).map { "\"k\(count - $0)\":\($0)" }.joined(separator: ",") + "}"
        guard case .object(let object) = try parse(text) else {
            Issue.record("no object")
            return
        }
        #expect(object.count == count && object.keys.ordered.first == "k1000")
        for at in 0..<count { #expect(object[key: "k\(count - at)"] == .integer(at)) }
        #expect(object[key: "k0"] == nil)
    }

    /// Swift takes the two forms of é for equal; a vocabulary must not.
    @Test func keysAreToldApartByTheirBytes() throws {
        for padding in [0, 20] {
            let filler = (0..<padding).map { ",\"f\($0)\":0" }.joined()
            guard case .object(let object) = try parse("{\"\u{E9}\":1,\"e\u{301}\":2\(filler)}") else {
                Issue.record("no object")
                return
            }
            #expect(object[key: "\u{E9}"] == .integer(1) && object[key: "e\u{301}"] == .integer(2))
            #expect(throws: JSONError.self) { try parse("{\"\u{E9}\":1\(filler),\"\u{E9}\":2}") }
        }
    }

    @Test func escapes() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude42""#) == .string("\"\\/\u{8}\u{C}\n\r\tAé€🙂"))
        #expect(try parse(#""\u0000""#) == .string("\0"))
        let all = String(String.UnicodeScalarView((0...0x7F).map { UnicodeScalar(UInt8($0)) }))
        #expect(try parse(compact(.string(all))) == .string(all))
        #expect(compact(.string("\u{1}\u{7F}/")) == #""\u0001\u007f/""#)
    }

    @Test func canonicalDependsOnTheMeaningAlone() throws {
        let one = try parse(#"{"b": 10000.0, "a": [1e2, 0.5, {"z": null, "y": -0.0}], "é": "x"}"#)
        let other = try parse(#"{"a":[100,5e-1,{"y":0,"z":null}],"\u00e9":"\u0078","b":10000}"#)
        #expect(canonical(one) == #"{"a":[100,0.5,{"y":0,"z":null}],"b":10000,"é":"x"}"#)
        #expect(canonical(one) == canonical(other))
        #expect(canonical(.number(1e300)) == "1e+300")
        #expect(canonical(.number(0x1p53)) == "9007199254740992")
    }

    @Test func indentedAsHuggingFaceWritesIt() throws {
        let value = try parse(#"{"a":[1,2],"b":{"c":"x"},"d":{},"e":[{"f":1}]}"#)
        let expected = """
            {
              "a": [1, 2],
              "b": {
                "c": "x"
              },
              "d": {},
              "e": [
                {
                  "f": 1
                }
              ]
            }

            """
        #expect(String(decoding: value.indented, as: UTF8.self) == expected)
        #expect(try JSONValue(parsing: value.indented) == value)
    }

    @Test func settingAMemberReplacesOrAppends() {
        var object: JSONObject = ["a": .integer(1), "b": .null]
        object[key: "a"] = .integer(2)
        object[key: "c"] = .bool(true)
        #expect(compact(.object(object)) == #"{"a":2,"b":null,"c":true}"#)
    }
}

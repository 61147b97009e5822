import JSONValues
import Testing

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test func everyKindReadsBack() throws {
        let text = #"{"a":[1,-2.5,true,false,null,"x\n\"é"],"b":{"c":{}},"d":[]}"#
        #expect(String(decoding: try parse(text).compact, as: UTF8.self) == text)
    }
}

import Corpora
import TestSupport
import Testing

/// JSON lines through the reader that users meet: file and line stand in every error.
struct JSONLineTests {
    private func records(_ text: String, fields: RecordFields = RecordFields()) throws -> [TextRecord] {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a.jsonl", Array(text.utf8))
        var records: [TextRecord] = []
        for file in try CorpusFiles([path]).files {
            try RecordReader(file, fields: fields).forEach { record in
                var record = try record.get()
                record.file = "a.jsonl"
                records.append(record)
            }
        }
        return records
    }

    private func failure(_ text: String) -> String? {
        do {
            _ = try records(text)
            return nil
        } catch let CorpusError.badLine(_, line, reason) {
            return "\(line): \(reason)"
        } catch {
            return "\(error)"
        }
    }

    @Test func readsTextsWithIdAndDomain() throws {
        let found = try records(
            #"{"id": "x", "domain": "d", "text": "one", "score": [1, {"a": null}], "ok": true}"# + "\r\n\n  \n"
                + #"{"text":"two"}"#)
        #expect(
            found == [
                TextRecord(text: Array("one".utf8), id: "x", domain: "d", file: "a.jsonl", line: 1),
                TextRecord(text: Array("two".utf8), file: "a.jsonl", line: 4),
            ])
    }

    @Test func anotherFieldHoldsTheText() throws {
        #expect(try records(#"{"content": "c", "text": 5}"#, fields: RecordFields(text: "content")).count == 1)
    }

    @Test func promptIsContext() throws {
        let found = try records(#"{"prompt": "2 + 2 =", "completion": " 4"}"#)
        #expect(found == [TextRecord(text: Array("2 + 2 = 4".utf8), promptBytes: 7, file: "a.jsonl", line: 1)])
    }

    @Test(arguments: [
        (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20ac""#, "é€"), (#""\ud83d\ude00""#, "😀"),
        (#""é😀""#, "é😀"), (#""""#, ""),
    ])
    func decodesStrings(_ json: String, _ expected: String) throws {
        #expect(try records(#"{"text": \#(json)}"#).first?.text == Array(expected.utf8))
    }

    @Test(arguments: [
        (#"{"text": "a"} x"#, "1: expected the end of the JSON, got more at byte 14"),
        (#"["text"]"#, "1: expected an object, got array"),
        (#"{"text": "a""#, "1: the JSON ends at byte 12, in the middle of a value"),
        (#"{"text": "a"#, "1: text: the JSON ends at byte 11, in the middle of a value"),
        (#"{"text": "a", "text": "b"}"#, "1: text: given twice, again at byte 14"),
        (#"{"text": null}"#, #"1: the field "text" must be a string, it is null"#),
        (#"{"text": ["a"]}"#, #"1: the field "text" must be a string, it is array"#),
        (#"{"text": "\ud800"}"#, "1: text: half of a surrogate pair at byte 10"),
        (#"{"text": "\ud800\u0041"}"#, "1: text: half of a surrogate pair at byte 10"),
        (#"{"text": "\x"}"#, "1: text: no such escape in a JSON string at byte 10"),
        ("{\"text\": \"a\tb\"}", "1: text: unescaped control character in a string at byte 11"),
        (#"{"text": "a", "n": 01}"#, "1: n: expected no digit after a leading 0, got '1' at byte 20"),
        (#"{"text": "a", "n": nul}"#, "1: n: expected null, got '}' at byte 22"),
        ("foo bar", "1: expected false, got 'o' at byte 1"),
        (#"{"text": tru}"#, "1: text: expected true, got '}' at byte 12"),
        (#"{"text": "a", "n": }"#, "1: n: expected a JSON value, got '}' at byte 19"),
        ("{\"text\": \"a\"}\n{}", #"2: expected the field "text", or "prompt" and "completion""#),
        (
            "{\"text\": \"a\"}\n{\"text\": \"b\", \"domain\": \"\"}",
            #"2: the field "domain" is empty: expected a name; a document without a domain leaves the field out"#
        ),
        (#"{"prompt": "a"}"#, #"1: "prompt" needs a "completion" beside it"#),
        (#"{"prompt": "a", "completion": ""}"#, #"1: "completion" is empty: nothing would be scored"#),
        (
            #"{"text": "a", "prompt": "a", "completion": "b"}"#,
            #"1: expected "text" or "prompt" and "completion", not both; with --text-field text that is the document"#
        ),
    ])
    func refuses(_ line: String, _ expected: String) {
        #expect(failure(line) == expected)
    }

    /// Cosmopedia's lines: the prompt made the text, and is not a part of it.
    @Test(arguments: [
        #"{"prompt": "Write a sum.", "text": "2 + 2 = 4", "audience": "kids"}"#,
        #"{"prompt": "Write a sum.", "completion": null, "text": "2 + 2 = 4"}"#,
        #"{"prompt": ["Write", "a sum."], "text": "2 + 2 = 4"}"#,
        #"{"prompt": null, "text": "2 + 2 = 4", "domain": null, "id": 7}"#,
    ])
    func aTextBesideAPromptIsTheDocument(_ line: String) throws {
        let expected = TextRecord(text: Array("2 + 2 = 4".utf8), file: "a.jsonl", line: 1)
        #expect(try records(line) == [expected])
        #expect(try records(line, fields: RecordFields(text: "text")) == [expected])
    }

    @Test func aNamedFieldIsTheDocumentWhateverStandsBesideIt() throws {
        let line = #"{"text": "t", "prompt": "p", "completion": "c"}"#
        for (field, text) in [("text", "t"), ("prompt", "p"), ("completion", "c"), ("other", "pc")] {
            #expect(try records(line, fields: RecordFields(text: field)).map(\.text) == [Array(text.utf8)], "\(field)")
        }
        let pair = try records(#"{"text": null, "prompt": "p", "completion": "c"}"#)
        #expect(pair.map(\.promptBytes) == [1])
    }

    @Test(arguments: [("3", "number"), (#"["a"]"#, "array"), ("true", "boolean"), ("{}", "object")])
    func aDomainThatIsNoTextIsRefused(_ value: String, _ kind: String) {
        #expect(
            failure(#"{"text": "a", "domain": \#(value)}"#)
                == #"1: the field "domain" must be a string, it is \#(kind)"#)
    }

    @Test(arguments: [
        ("[\n{\"text\": \"a\"}\n]", "a JSON array", "jq -c '.[]'"),
        (#"[{"text": "a"}]"#, "a JSON array", "jq -c '.[]'"),
        ("\n {\n\"text\": \"a\"\n}", "JSON over several lines", "jq -c ."),
    ])
    func aFileOfOneValueIsNamedAsSuch(_ text: String, _ what: String, _ command: String) {
        let message = failure(text)
        #expect(message?.contains(what) == true && message?.contains(command) == true, "\(message ?? "")")
    }

    @Test func refusesDeepNesting() {
        let deep = String(repeating: "[", count: 5000)
        let message = failure(#"{"text": "a", "n": \#(deep)"#) ?? ""
        #expect(message.hasPrefix("1: n[0][0]") && message.hasSuffix("…[0][0]: nested deeper than 200 levels"))
    }
}

import Coding
import Foundation
import Testing

/// The bytes of every form as earlier versions wrote them: files and digests of theirs are read and checked against these.
struct StateCodingTests {
    private struct Sample: Codable, Equatable {
        var zebraCount = 1
        var aPath = "a/b\u{7f}\u{1}é\n"
        var rate = 0.1
        var single: Float = 0.1
        var list = [1, 2]
        var missing: Int?
        var huge = 1e300
        var nested = ["kEy/One": 2, "b": 3]
        var empty: [Int] = []
        var flag = true
        var whole = 3.0
        var most = UInt64.max
    }

    private static let oneLine = #"""
        {"aPath":"a\/b\#u{7f}\u0001é\n","empty":[],"flag":true,"huge":1e+300,"list":[1,2],"most":18446744073709551615,\#
        "nested":{"b":3,"kEy\/One":2},"rate":0.1,"single":0.1,"whole":3,"zebraCount":1}
        """#
    private static let indented = #"""
        {
          "aPath" : "a\/b\#u{7f}\u0001é\n",
          "empty" : [

          ],
          "flag" : true,
          "huge" : 1e+300,
          "list" : [
            1,
            2
          ],
          "most" : 18446744073709551615,
          "nested" : {
            "b" : 3,
            "kEy\/One" : 2
          },
          "rate" : 0.1,
          "single" : 0.1,
          "whole" : 3,
          "zebraCount" : 1
        }
        """#

    private static func snakeCase(_ text: String) -> String {
        text.replacing("aPath", with: "a_path").replacing("zebraCount", with: "zebra_count")
    }

    private static func plainSlashes(_ text: String) -> String { text.replacing(#"\/"#, with: "/") }

    private static let forms: [(StateCoding, String)] = [
        (.state, oneLine), (.log, plainSlashes(snakeCase(oneLine))),
        (.report, snakeCase(oneLine)), (.tokenFile, indented), (.flywheel, plainSlashes(indented)),
        (.description, plainSlashes(snakeCase(indented))),
    ]

    @Test func theBytesAreThoseOfBefore() throws {
        for (form, expected) in Self.forms {
            #expect(try form.text(Sample()) == expected)
            #expect(try form.bytes(Sample()) == Array(expected.utf8))
            #expect(try form.line(Sample()) == Array((expected + "\n").utf8))
        }
    }

    @Test func whatIsWrittenIsRead() throws {
        for (form, expected) in Self.forms {
            #expect(try form.value(from: expected.utf8) == Sample())
            #expect(try form.value(Sample.self, from: Data(expected.utf8)) == Sample())
            #expect(throws: StateCodingError.self) { try form.value(Sample.self, from: expected.utf8.dropLast()) }
        }
    }

    /// In words, with the place as it stands in the text; Foundation's own errors print as their fields.
    @Test(arguments: [
        ("{\"shards\": [", "not valid JSON"), ("{}", "shards: missing"),
        (#"{"shards": [{"byte_count": "5"}]}"#, "shards[0].byte_count: expected a whole number"),
        (#"{"shards": [{"byte_count": 5}, {"byte_count": null}]}"#, "shards[1].byte_count: expected a whole number"),
        (#"{"shards": {}}"#, "shards: expected an array"), ("[]", "expected an object"),
    ])
    func whatIsNotThatValueIsSaidInWords(_ json: String, _ expected: String) {
        struct Shard: Decodable { var byteCount: Int }
        struct Manifest: Decodable { var shards: [Shard] }
        let error = #expect(throws: StateCodingError.self) {
            try StateCoding.description.value(Manifest.self, from: json.utf8)
        }
        #expect("\(error!)".hasPrefix(expected), "\(error!)")
    }

    @Test func aNumberThatJSONHasNotIsRefused() {
        for (form, _) in Self.forms {
            #expect(throws: EncodingError.self) { try form.bytes(Sample(rate: .nan)) }
        }
    }

    /// Lists of changes in checkpoints hold these words: a boolean is 1 or 0.
    @Test func everyMemberIsALeaf() throws {
        let leaves = try CodedLeaf.all(of: Sample()).sorted { $0.path < $1.path }
        #expect(
            leaves.map(\.path) == [
                "aPath", "empty", "flag", "huge", "list", "most", "nested.b", "nested.kEy/One", "rate", "single",
                "whole", "zebraCount",
            ])
        #expect(leaves.first { $0.path == "list" }?.elements == ["1", "2"])
        #expect(leaves.first { $0.path == "rate" }?.elements == nil)
        let shown = leaves.filter { ["flag", "rate", "whole", "nested.b"].contains($0.path) }
        #expect(shown.map(\.text) == ["1", "3", "0.1", "3"])
        #expect(try CodedLeaf.all(of: 5).map(\.path) == [""])
    }

    @Test func valuesWithoutTypesAreWrittenAsBefore() throws {
        let values: [String: Any] = [
            "theta": 500_000.0, "large": 1e22, "small": 1e-5, "on": true, "off": NSNull(), "b10": [1, 2.5],
            "b2": ["x/y": "é"],
        ]
        let expected =
            #"{"b2":{"x\/y":"é"},"b10":[1,2.5],"large":1e+22,"off":null,"on":true,"small":1e-05,"theta":500000}"#
        #expect(String(decoding: try UntypedJSON.bytes(values), as: UTF8.self) == expected)
    }
}

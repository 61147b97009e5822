import Checkpoints
import JSONValues
import Testing

@Suite struct ConfigurationObjectTests {
    private let configuration: ConfigurationObject

    init() throws {
        configuration = try Self.parse(
            #"""
            {"hidden_size": 64, "rms_norm_eps": 1e-05, "rope_theta": 10000, "tie": true, "model_type": "llama",
             "eos_token_id": [1, 2], "pad_token_id": null, "big": 9007199254740993,
             "rope_scaling": {"factor": 8.0, "rope_type": "llama3"}, "names": ["a", "b"]}
            """#)
    }

    private static func parse(_ text: String) throws -> ConfigurationObject {
        try ConfigurationObject(parsing: Array(text.utf8), source: "config.json")
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    @Test func fieldsByType() throws {
        #expect(try configuration.int("hidden_size") == 64)
        #expect(try configuration.int("big") == 9_007_199_254_740_993)
        #expect(try configuration.double("rms_norm_eps") == 1e-5)
        #expect(try configuration.double("rope_theta") == 10000)
        #expect(try configuration.bool("tie"))
        #expect(try configuration.string("model_type") == "llama")
        #expect(try configuration.ints("eos_token_id") == [1, 2])
        #expect(try configuration.strings("names") == ["a", "b"])
        #expect(try configuration.object("rope_scaling").double("factor") == 8)
        #expect(configuration.fieldNames.first == "hidden_size" && configuration.fieldNames.count == 10)
    }

    @Test func nullCountsAsAbsent() throws {
        #expect(try configuration.optionalInt("pad_token_id") == nil)
        #expect(try configuration.optionalInt("none") == nil)
        #expect(try configuration.optionalObject("none") == nil)
        #expect(
            message { _ = try configuration.int("pad_token_id") }
                == "config.json: field pad_token_id is missing; expected an integer")
    }

    @Test func errorsNameFileFieldExpectedAndGot() {
        #expect(
            message { _ = try configuration.int("rms_norm_eps") }
                == "config.json: field rms_norm_eps: expected an integer, got 1e-05")
        #expect(
            message { _ = try configuration.optionalInt("model_type") }
                == #"config.json: field model_type: expected an integer, got "llama""#)
        #expect(
            message { _ = try configuration.object("rope_scaling").int("factor") }
                == "config.json: field rope_scaling.factor: expected an integer, got 8.0")
        #expect(
            message { _ = try configuration.object("rope_scaling").double("low_freq_factor") }
                == "config.json: field rope_scaling.low_freq_factor is missing; expected a number")
        #expect(
            message { _ = try configuration.ints("names") }
                == #"config.json: field names: expected an array of integers, got ["a","b"]"#)
        #expect(
            configuration.unsupported("model_type", expected: "gpt2").description
                == #"config.json: field model_type: expected gpt2, got "llama""#)
    }

    @Test func unknownFieldsAreRefusedUnlessNull() throws {
        let all = Set(configuration.fieldNames)
        try configuration.rejectUnknownFields(known: all.subtracting(["names"]), ignorable: ["names"])
        try configuration.rejectUnknownFields(known: all.subtracting(["pad_token_id"]), ignorable: [])
        let error = #expect(throws: ConfigurationError.self) {
            try configuration.rejectUnknownFields(known: all.subtracting(["tie", "names"]), ignorable: [])
        }
        guard case .unknownField("config.json", ["tie", "names"], _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["", "[]", "{", #"{"a":1,"a":2}"#, #"{"a":1}}"#, "{'a':1}", #"{"a":NaN}"#])
    func invalidJSON(_ text: String) {
        guard
            case .invalidJSON("config.json", _) = #expect(
                throws: ConfigurationError.self,
                performing: {
                    try Self.parse(text)
                })
        else {
            Issue.record("\(text) is accepted")
            return
        }
    }
}

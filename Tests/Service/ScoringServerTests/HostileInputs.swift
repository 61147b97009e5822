import Foundation
import ScoringAPI

/// Bodies that are wrong in every way somebody may think of, and what the service says of them.
struct HostileInput: Sendable, CustomStringConvertible {
    let name: String
    var path = "/v1/weights"
    var type = MediaType.json
    let body: [UInt8]
    let kind: ProblemKind

    var description: String { name }

    private init(_ name: String, json: String, _ kind: ProblemKind, path: String = "/v1/weights") {
        self.init(name: name, path: path, body: Array(json.utf8), kind: kind)
    }

    private init(name: String, path: String = "/v1/weights", body: [UInt8], kind: ProblemKind) {
        self.name = name
        self.path = path
        self.body = body
        self.kind = kind
    }

    private init(_ name: String, tensors: [UInt8], _ kind: ProblemKind) {
        self.init(name: name, body: tensors, kind: kind)
        type = .safetensors
    }

    static let all = json + wrongTypes + text + safetensors

    // MARK: JSON

    private static func inputs(_ input: String, _ more: String = "") -> String { #"{"inputs":[\#(input)]\#(more)}"# }

    private static let json: [HostileInput] = [
        .init("deep arrays", json: String(repeating: "[", count: 1_000_000), .invalidField),
        .init("deep arrays in a field", json: #"{"inputs":"# + String(repeating: "[", count: 1_000_000), .invalidField),
        .init("deep objects", json: String(repeating: #"{"inputs":"#, count: 300_000), .invalidField),
        .init("deep unknown field", json: #"{"x":"# + String(repeating: "[", count: 1_000_000), .invalidField),
        .init(
            "a number of a million digits",
            json: inputs(#"{"token_ids":[\#(String(repeating: "9", count: 1_000_000))]}"#), .malformedJSON),
        .init("an id beyond 64 bits", json: inputs(#"{"token_ids":[99999999999999999999]}"#), .invalidField),
        .init("an id of 1e308", json: inputs(#"{"token_ids":[1e308]}"#), .invalidField),
        .init("an id of 1e-400", json: inputs(#"{"token_ids":[1e-400]}"#), .invalidField),
        .init("an id beyond the vocabulary", json: inputs(#"{"token_ids":[7,300]}"#), .invalidInput),
        .init("an id of minus one", json: inputs(#"{"token_ids":[7,-1]}"#), .invalidInput),
        .init("an exponent of a billion", json: inputs(#"{"text":"a"}"#, #","epsilon":1e1000000000"#), .invalidField),
        .init("NaN", json: inputs(#"{"token_ids":[1,2],"student_logprobs":[null,NaN]}"#), .malformedJSON),
        .init(
            "a log-prob beyond f32", json: inputs(#"{"token_ids":[1,2],"student_logprobs":[null,-1e39]}"#),
            .invalidField),
        .init("prose", json: "not JSON", .malformedJSON),
        .init("a word for an array", json: #"{"inputs": nope}"#, .malformedJSON),
        .init("half a word for a text", json: inputs(#"{"text": tru}"#), .malformedJSON),
        .init("a key twice", json: inputs(#"{"text":"a"}"#, #","inputs":[{"text":"b"}]"#), .malformedJSON),
        .init("a key twice in an input", json: inputs(#"{"text":"a","text":"b"}"#), .malformedJSON),
        .init("a key twice by an escape", json: inputs(#"{"text":"a","te\u0078t":"b"}"#), .malformedJSON),
        .init("two documents", json: inputs(#"{"text":"a"}"#) + "{}", .malformedJSON),
        .init("a byte order mark", json: "\u{FEFF}" + inputs(#"{"text":"a"}"#), .malformedJSON),
        .init("cut off", json: #"{"inputs":[{"text":"a"},{"te"#, .malformedJSON),
        .init(
            "ten megabytes of ids",
            json: inputs(#"{"token_ids":[\#(String(repeating: "17,", count: 3_400_000))17]}"#), .sequenceTooLong),
        .init(
            "five thousand inputs",
            json: inputs([String](repeating: #"{"text":"a"}"#, count: 5000).joined(separator: ",")),
            .tooManyInputs),
        .init(
            "a hundred thousand empty inputs", json: inputs(String(repeating: "{},", count: 100_000) + "{}"),
            .invalidField),
        .init(
            "document starts that run backwards", json: inputs(#"{"token_ids":[1,2,3],"document_starts":[0,2,1]}"#),
            .invalidInput),
        .init(
            "document starts beyond the end", json: inputs(#"{"token_ids":[1],"document_starts":[0,2147483647]}"#),
            .invalidInput),
        .init(
            "a negative document start", json: inputs(#"{"token_ids":[1,2],"document_starts":[0,-1]}"#), .invalidInput),
    ]

    private static let wrongTypes: [HostileInput] = [
        "[]", "null", "7", #""text""#, #"{"inputs":{}}"#, #"{"inputs":"a"}"#, #"{"inputs":[[]]}"#,
        #"{"inputs":[null]}"#,
        inputs(#"{"text":["a"]}"#), inputs(#"{"text":null}"#), inputs(#"{"token_ids":"1,2"}"#),
        inputs(#"{"token_ids":[[1]]}"#), inputs(#"{"token_ids":[true]}"#), inputs(#"{"token_ids":[null]}"#),
        inputs(#"{"token_ids":[1.5]}"#), inputs(#"{"token_ids":{"0":1}}"#), inputs(#"{"text":"a","loss_mask":["1"]}"#),
        inputs(#"{"text":"a","id":7}"#), inputs(#"{"text":"a"}"#, #","epsilon":"0.2""#),
        inputs(#"{"text":"a"}"#, #","add_special_tokens":1"#), inputs(#"{"text":"a"}"#, #","model":["x"]"#),
        inputs(#"{"text":"a"}"#, #","model_fingerprint":7"#),
    ].map { .init("wrong type: \($0)", json: $0, .invalidField) }

    // MARK: Text

    private static let text: [HostileInput] = [
        .init("half a surrogate pair", json: inputs(#"{"text":"\ud800"}"#), .malformedJSON),
        .init("surrogates the wrong way round", json: inputs(#"{"text":"\udc00\ud800"}"#), .malformedJSON),
        .init("half a pair, then an escape", json: inputs(#"{"text":"\ud800\u0041"}"#), .malformedJSON),
        .init("a raw line break", json: inputs("{\"text\":\"a\nb\"}"), .malformedJSON),
        .init("half a surrogate pair to tokenize", json: #"{"text":"\udfff"}"#, .malformedJSON, path: "/v1/tokenize"),
        raw("a surrogate in UTF-8", [0xED, 0xA0, 0x80]), raw("an overlong slash", [0xC0, 0xAF]),
        raw("a lone 0xFF", [0xFF]),
        raw("half a character", [0xE2, 0x82]), raw("beyond Unicode", [0xF4, 0x90, 0x80, 0x80]),
    ]

    private static func raw(_ name: String, _ bytes: [UInt8]) -> HostileInput {
        let body = Array(#"{"inputs":[{"text":""#.utf8) + bytes + Array(#""}]}"#.utf8)
        return HostileInput(name: name, body: body, kind: .malformedJSON)
    }

    // MARK: safetensors

    /// A body with this header, whatever it says, and as many bytes behind it.
    private static func tensors(_ header: String, bytes: Int = 24, announced: UInt64? = nil) -> [UInt8] {
        let length = announced ?? UInt64(header.utf8.count)
        return withUnsafeBytes(of: length.littleEndian, Array.init) + Array(header.utf8)
            + [UInt8](repeating: 0, count: bytes)
    }

    private static func two(_ ids: String, _ starts: String) -> String {
        #"{"token_ids":{\#(ids)},"sequence_starts":{\#(starts)}}"#
    }

    private static let starts = #""dtype":"I64","shape":[2],"data_offsets":[8,24]"#

    private static let safetensors: [HostileInput] = [
        .init("nothing", tensors: [], .malformedSafetensors),
        .init("seven bytes", tensors: [1, 0, 0, 0, 0, 0, 0], .malformedSafetensors),
        .init("a header of 2^63 bytes", tensors: tensors("{}", announced: 1 << 63), .malformedSafetensors),
        .init("a header of 2^64 - 1 bytes", tensors: tensors("{}", announced: .max), .malformedSafetensors),
        .init("a header of a gigabyte", tensors: tensors("{}", announced: 1 << 30), .malformedSafetensors),
        .init("a header that is no JSON", tensors: tensors("token_ids"), .malformedSafetensors),
        .init("a deep header", tensors: tensors(String(repeating: #"{"a":"#, count: 100_000)), .malformedSafetensors),
        .init(
            "offsets beyond the end",
            tensors: tensors(
                two(
                    #""dtype":"I32","shape":[2],"data_offsets":[0,8]"#,
                    #""dtype":"I64","shape":[2],"data_offsets":[8,1000]"#)), .malformedSafetensors),
        .init(
            "offsets of 2^60",
            tensors: tensors(
                two(#""dtype":"I32","shape":[288230376151711744],"data_offsets":[0,1152921504606846976]"#, starts)),
            .malformedSafetensors),
        .init(
            "negative offsets", tensors: tensors(two(#""dtype":"I32","shape":[2],"data_offsets":[-8,0]"#, starts)),
            .malformedSafetensors),
        .init(
            "offsets that run backwards",
            tensors: tensors(two(#""dtype":"I32","shape":[2],"data_offsets":[8,0]"#, starts)), .malformedSafetensors),
        .init(
            "offsets that overlap", tensors: tensors(two(#""dtype":"I32","shape":[2],"data_offsets":[8,16]"#, starts)),
            .malformedSafetensors),
        .init(
            "a hole between tensors", tensors: tensors(two(#""dtype":"I32","shape":[1],"data_offsets":[0,4]"#, starts)),
            .malformedSafetensors),
        .init(
            "bytes behind the last tensor",
            tensors: tensors(two(#""dtype":"I32","shape":[2],"data_offsets":[0,8]"#, starts), bytes: 32),
            .malformedSafetensors),
        .init(
            "a shape whose product overflows",
            tensors: tensors(
                two(#""dtype":"I32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]"#, starts)),
            .malformedSafetensors),
        .init(
            "a shape that is not its bytes",
            tensors: tensors(two(#""dtype":"I32","shape":[3],"data_offsets":[0,8]"#, starts)), .malformedSafetensors),
        .init(
            "an unknown element type",
            tensors: tensors(two(#""dtype":"I31","shape":[2],"data_offsets":[0,8]"#, starts)), .malformedSafetensors),
        .init(
            "a tensor twice",
            tensors: tensors(
                #"{"token_ids":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"token_ids":{"dtype":"U8","shape":[24],"data_offsets":[0,24]}}"#
            ), .malformedSafetensors),
        .init(
            "ids as floats", tensors: tensors(two(#""dtype":"F32","shape":[2],"data_offsets":[0,8]"#, starts)),
            .invalidField),
        .init(
            "a tensor that nobody knows", tensors: tensors(#"{"x":{"dtype":"U8","shape":[24],"data_offsets":[0,24]}}"#),
            .invalidField),
        .init(
            "no sequence", tensors: tensors(two(#""dtype":"I32","shape":[2],"data_offsets":[0,8]"#, starts)),
            .invalidField),
        .init(
            "a sequence start of -1",
            tensors: BinaryScoreRequest(tokenIDs: [1, 2, 3], sequenceStarts: [0, -1, 3]).safetensors(), .invalidField),
        .init(
            "a sequence start of 2^62",
            tensors: BinaryScoreRequest(tokenIDs: [1, 2, 3], sequenceStarts: [0, 1 << 62, 3]).safetensors(),
            .invalidField),
        .init(
            "an id of -2^31", tensors: BinaryScoreRequest(tokenIDs: [.min], sequenceStarts: [0, 1]).safetensors(),
            .invalidInput),
        .init(
            "an id of 2^31 - 1", tensors: BinaryScoreRequest(tokenIDs: [.max], sequenceStarts: [0, 1]).safetensors(),
            .invalidInput),
        .init(
            "a log-prob of minus infinity",
            tensors: BinaryScoreRequest(tokenIDs: [1, 2], sequenceStarts: [0, 2], studentLogProbs: [0, -.infinity])
                .safetensors(), .invalidInput),
        .init("JSON under another name", tensors: Array(#"{"inputs":[{"text":"a"}]}"#.utf8), .malformedSafetensors),
    ]
}

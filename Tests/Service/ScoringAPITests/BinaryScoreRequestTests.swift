import Checkpoints
import JSONValues
import ScoringAPI
import TestSupport
import Testing

@Suite struct BinaryScoreRequestTests {
    private func tensor(_ name: String, _ type: ElementType, _ values: [Int], shape: [Int]? = nil)
        -> SafetensorsWriter.Source
    {
        .init(
            name: name, elementType: type, shape: shape ?? [values.count],
            bytes: values.flatMap { value in
                withUnsafeBytes(of: Int64(value).littleEndian) { Array($0.prefix(type.byteCount)) }
            })
    }

    private func refusal(
        _ sources: [SafetensorsWriter.Source], _ metadata: [String: String] = [:], _ route: ScoreRoute = .weights
    ) -> String {
        refusal(SafetensorsWriter(sources, metadata: metadata).bytes(), route)
    }

    private func refusal(_ bytes: [UInt8], _ route: ScoreRoute = .weights) -> String {
        do {
            _ = try BinaryScoreRequest(safetensors: bytes, for: route)
            return "accepted"
        } catch let error as WireError {
            return "\(error.kind.rawValue): \(error)"
        } catch {
            return "other: \(error)"
        }
    }

    private var plain: [SafetensorsWriter.Source] {
        [tensor("token_ids", .i32, [1, 2, 3, 4]), tensor("sequence_starts", .i64, [0, 2, 4])]
    }

    /// What the safetensors library reads and refuses, in a header of one's own making.
    @Test func headersAreReadAsTheSafetensorsLibraryReadsThem() {
        func body(_ metadata: String, _ end: String) -> [UInt8] {
            let starts = #""sequence_starts":{"dtype":"I64","shape":[2],"data_offsets":[16,32]}"#
            let tokens = #""token_ids":{"dtype":"I32","shape":[4],"data_offsets":[0,\#(end)]}"#
            let json = Array("{\(metadata)\(tokens),\(starts)}".utf8)
            let ids = [1, 2, 3, 4].map(Int32.init).withUnsafeBytes { Array($0) }
            let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
            return length + json + ids + [0, 4].withUnsafeBytes { Array($0) }
        }
        #expect(refusal(body("", "16")) == "accepted")
        #expect(refusal(body(#""__metadata__":null,"#, "16")) == "accepted")
        for end in ["16.0", "1.6e1", "160E-1"] {
            let found = refusal(body("", end))
            #expect(found.hasPrefix("malformed-safetensors:") && found.contains("data_offsets"), "\(found)")
        }
    }

    @Test func tensorsMustBeAsAgreed() {
        #expect(refusal(plain) == "accepted")
        #expect(refusal([plain[1]]).hasPrefix("invalid-field: token_ids: expected U32 or I32 or I64 [N], got no such"))
        #expect(refusal([plain[0]]).hasPrefix("invalid-field: sequence_starts: expected I64 [N], got no such tensor"))
        #expect(
            refusal(plain + [tensor("extra", .u8, [1])])
                == "invalid-field: extra: expected one of token_ids, sequence_starts, document_starts, loss_mask, "
                + "student_logprobs, got an unknown tensor")
        #expect(
            refusal([plain[0], tensor("sequence_starts", .i32, [0, 4])])
                == "invalid-field: sequence_starts: expected I64 [N], got I32 [2]")
        #expect(
            refusal([tensor("token_ids", .i32, [1, 2, 3, 4], shape: [2, 2]), plain[1]])
                == "invalid-field: token_ids: expected U32 or I32 or I64 [N], got I32 [2, 2]")
        #expect(
            refusal(plain + [tensor("loss_mask", .u8, [1, 1, 1])])
                == "invalid-field: loss_mask: expected U8 or BOOL [4], got U8 [3]")
        #expect(
            refusal(plain + [tensor("loss_mask", .bool, [1, 1, 2, 1])])
                == "invalid-field: loss_mask: expected 0 or 1 at [2], got 2")
        #expect(
            refusal(plain + [tensor("student_logprobs", .bf16, [0, 0, 0, 0])])
                == "invalid-field: student_logprobs: expected F32 [4], got BF16 [4]")
        #expect(refusal(plain + [tensor("loss_mask", .u8, [1, 1, 1, 1])], [:], .logProbs).contains("unknown tensor"))
    }

    @Test func sequenceStarts() {
        func with(_ starts: [Int]) -> String { refusal([plain[0], tensor("sequence_starts", .i64, starts)]) }
        #expect(with([]).hasPrefix("invalid-input: inputs: sequence_starts: expected at least one input"))
        #expect(with([0]).hasPrefix("invalid-input: inputs: sequence_starts"))
        #expect(with([1, 4]) == "invalid-field: sequence_starts: expected 0 at [0], got 1")
        #expect(with([0, 5]).hasPrefix("invalid-field: sequence_starts: expected 4 last"))
        #expect(with([0, 3]).hasPrefix("invalid-field: sequence_starts"))
        #expect(with([0, 2, 2, 4]) == "invalid-input: inputs[1]: expected at least one token id, got none")
        #expect(with([0, 3, 2, 4]) == "invalid-field: sequence_starts: expected more than 3 at [2], got 2")
        #expect(with([0, .max, 4]).hasPrefix("invalid-field: sequence_starts"))
        #expect(with([0, .min, 4]).hasPrefix("invalid-field: sequence_starts"))
    }

    @Test func documentStarts() {
        func with(_ starts: [Int]) -> String { refusal(plain + [tensor("document_starts", .i64, starts)]) }
        #expect(with([0, 2]) == "accepted")
        #expect(with([0, 1, 2, 3]) == "accepted")
        #expect(with([]).hasPrefix("invalid-input: inputs[0]: document_starts: expected 0, where the input begins"))
        #expect(
            with([0, 1]).hasPrefix("invalid-input: inputs[1]: document_starts: expected 2, where the input begins"))
        for starts in [[1, 2], [0, 3], [0, 0, 2], [0, 2, 4], [0, 2, 1], [-1, 0, 2], [0, 2, .max], [.min, 0, 2]] {
            #expect(with(starts).hasPrefix("invalid-input: inputs["), "\(starts)")
        }
    }

    @Test func idsBeyondThirtyOneBitsNameTheirItem() {
        func with(_ type: ElementType, _ ids: [Int]) -> String { refusal([tensor("token_ids", type, ids), plain[1]]) }
        #expect(
            with(.u32, [1, 2, 3, 0x8000_0000]).hasPrefix("invalid-input: inputs[1], position 1: expected a token id"))
        #expect(with(.i32, [1, -1, 3, 4]).hasPrefix("invalid-input: inputs[0], position 1: expected a token id"))
        #expect(with(.i64, [1, 2, 1 << 40, 4]).hasPrefix("invalid-input: inputs[1], position 0: expected a token id"))
    }

    @Test func metadataIsAsStrictAsJSON() {
        let hex = String(repeating: "00", count: 32)
        #expect(refusal(plain, ["format": "pt", "epsilon": "0.5", "model_fingerprint": hex]) == "accepted")
        #expect(refusal(plain, ["add_special_tokens": "true", "return_tokens": "false"]) == "accepted")
        #expect(refusal(plain, ["eps": "1"]).hasPrefix("invalid-field: __metadata__.eps: expected one of add_special"))
        #expect(refusal(plain, ["epsilon": "x"]).hasPrefix("invalid-field: __metadata__.epsilon: expected a"))
        #expect(refusal(plain, ["epsilon": ""]).hasPrefix("invalid-field: __metadata__.epsilon"))
        #expect(refusal(plain, ["epsilon": "0.2 0.3"]).hasPrefix("invalid-field: __metadata__.epsilon"))
        #expect(refusal(plain, ["epsilon": "1e999"]).hasPrefix("invalid-field: __metadata__.epsilon"))
        #expect(refusal(plain, ["return_tokens": "True"]).hasPrefix("invalid-field: __metadata__.return_tokens"))
        #expect(refusal(plain, ["model_fingerprint": "abc"]).hasPrefix("invalid-field: __metadata__.model_fingerprint"))
        #expect(refusal(plain, ["weighting": "ntp"], .logProbs).contains("__metadata__.weighting: expected one of"))
    }

    @Test func malformedBodies() {
        let whole = SafetensorsWriter(plain, metadata: ["epsilon": "0.5"]).bytes()
        for count in 0..<whole.count { #expect(refusal(Array(whole.prefix(count))).hasPrefix("malformed-safetensors")) }
        #expect(refusal(whole + [0]).hasPrefix("malformed-safetensors: request body: more data than tensors"))
        #expect(refusal([UInt8](repeating: 0xFF, count: 64)).hasPrefix("malformed-safetensors"))
    }

    /// Any byte of the body may be any other: the answer is a `WireError` or a request that holds together.
    @Test func mutatedBodiesAreRefusedOrConsistent() throws {
        let sources =
            plain + [
                tensor("document_starts", .i64, [0, 1, 2]), tensor("loss_mask", .u8, [1, 0, 1, 1]),
                tensor("student_logprobs", .f32, [0, 0, 0, 0]),
            ]
        let whole = SafetensorsWriter(sources, metadata: ["epsilon": "0.5"]).bytes()
        var random = DrawnRandom()
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do {
                let request = try BinaryScoreRequest(safetensors: bytes, for: .weights).request()
                for input in request.inputs {
                    guard case .tokenIDs(let ids) = input.content else { continue }
                    #expect(!ids.isEmpty && ids.allSatisfy { $0 >= 0 })
                    if let starts = input.documentStarts {
                        #expect(starts.first == 0 && starts == Array(Set(starts)).sorted())
                        #expect(starts.allSatisfy(ids.indices.contains))
                    }
                }
            } catch is WireError {}
        }
    }
}

import ScoringAPI
import Testing

/// What decoding a body is said to take.
struct DecodingMemoryTests {
    @Test func jsonCostsWhatItIsMadeOf() {
        #expect(DecodingMemory.json(Array("[1,2,3]".utf8)) == 2 * 7 + 2 * 24 + 64)
        #expect(DecodingMemory.json(Array(#"{"text":"a"}"#.utf8)) == 2 * 12 + 320)
    }

    /// Three bytes of JSON are a prompt, and that an input.
    @Test func promptsCostMoreThanTheirCommas() {
        let body = #"{"prompt":["","",""]}"#
        #expect(DecodingMemory.prompts(Array(body.utf8)) == 2 * 21 + 2 * 24 + 64 + 320 + 160 * (1 + 4))
        #expect(160 >= 3 * MemoryLayout<ScoreInput.Content>.stride + MemoryLayout<ScoreInput>.stride)
    }

    /// The memory is asked for before it is taken: who has none to give never reads the body.
    @Test(arguments: [MediaType.json, .safetensors])
    func nothingIsDecodedThatWasNotGranted(_ form: MediaType) throws {
        struct None: Error {}
        let request = BinaryScoreRequest(tokenIDs: [1, 2, 3], sequenceStarts: [0, 1, 3])
        let body = form == .json ? try request.request().json() : request.safetensors()
        let codec = form == .json ? ScoreCodec.json : .safetensors
        let decode = try #require(codec.request)
        #expect(throws: None.self) { try decode(body, .logProbs) { _ in throw None() } }
        #expect(throws: None.self) { try decode([0xFF], .logProbs) { _ in throw None() } }
        var claimed = 0
        #expect(try decode(body, .logProbs) { claimed += $0 }.inputs.count == 2)
        #expect(claimed > 2 * 320)
    }

    /// The header says how long it is; it is no longer than the body.
    @Test func aHeaderThatLiesCostsNoMoreThanTheBody() throws {
        struct None: Error {}
        var claimed = 0
        let body = [UInt8](repeating: 0xFF, count: 8) + [UInt8](repeating: 0x20, count: 92)
        let decode = try #require(ScoreCodec.safetensors.request)
        #expect(throws: WireError.self) { try decode(body, .logProbs) { claimed += $0 } }
        #expect(claimed == 32 * 100)
    }
}

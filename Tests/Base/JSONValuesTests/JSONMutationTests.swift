import Foundation
import JSONValues
import TestSupport
import Testing

/// Texts near to JSON: whatever is read as JSON here, Foundation reads as JSON, too, and it survives being written.
@Suite struct JSONMutationTests {
    private static let seeds = [
        #"{"inputs":[{"id":"a","text":"17 + 25 = 42\n"},{"token_ids":[5,9,2,7],"loss_mask":[1,0,1,1]}],"epsilon":0.2}"#,
        #"{"a":[1,-2.5e+3,true,false,null,"x\n\u00e9\ud83d\ude42 é"],"b":{"c":{}},"d":[[],[[]]]}"#,
        #"[0,-0,0.5,1e5,-1E-5,123456789012345678,0.1000000000000000055511151231257827,"",{}]"#,
    ]
    private static let pieces =
        Array(#"{}[],:"\0123456789.-+eEutnfr dD8 "#.utf8) + [0x0A, 0x00, 0x7F, 0xC3, 0xA9, 0xFF]

    private func mutated(_ seed: [UInt8], _ random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            let piece = Self.pieces.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[at] = piece
            case 1: bytes.insert(piece, at: at)
            case 2: bytes.remove(at: at)
            default: bytes.insert(contentsOf: bytes[at..<min(at + 9, bytes.count)], at: at)
            }
        }
        return bytes
    }

    @Test(arguments: seeds.indices) func whatIsAcceptedIsJSON(_ index: Int) throws {
        var random = DrawnRandom()
        let seed = Array(Self.seeds[index].utf8)
        var accepted = 0
        for _ in 0..<5_000 {
            let bytes = mutated(seed, &random)
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            accepted += 1
            let text = String(decoding: bytes, as: UTF8.self)
            if (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) == nil {
                Issue.record("accepted: \(text)")
            }
            if try JSONValue(parsing: value.compact) != value { Issue.record("changed by writing: \(text)") }
        }
        #expect(accepted > 0)
    }
}

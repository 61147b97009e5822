import Checkpoints
import Foundation
import Testing
import Transformers

/// Rotary frequencies of real configurations against transformers' own (scripts/goldens/model_rotary.py).
@Suite struct RotaryGoldenTests {
    /// Two units in the last place: transformers computes in f32, and powers differ by that from CPU to CPU.
    static let tolerance = 2.4e-7

    struct Case: Decodable {
        var config: String
        var embeddings: [Embedding]

        struct Embedding: Decodable {
            var inverse_frequencies: [Double]
            var attention_factor: Double
        }
    }

    @Test func frequenciesAgree() throws {
        let root = Bundle.module.resourceURL ?? Bundle.module.bundleURL
        let bytes = try Data(contentsOf: root.appendingPathComponent("Goldens/rotary.json"))
        let cases = try JSONDecoder().decode([Case].self, from: bytes)
        #expect(cases.count >= 15)
        for golden in cases {
            let configuration = try ConfigurationObject(parsing: Array(golden.config.utf8), source: "rotary.json")
            let model = try ModelFamilies.architecture(configuration)
            #expect(golden.embeddings.count == model.rotaries.count)
            for (expected, rotary) in zip(golden.embeddings, model.rotaries) {
                #expect(isClose(rotary.attentionFactor, expected.attention_factor), "\(golden.config)")
                #expect(rotary.inverseFrequencies.count == expected.inverse_frequencies.count)
                for (found, wanted) in zip(rotary.inverseFrequencies, expected.inverse_frequencies) {
                    #expect(isClose(found, wanted), "\(golden.config): \(found) \(wanted)")
                }
            }
        }
    }

    private func isClose(_ found: Float, _ expected: Double) -> Bool {
        abs(Double(found) - expected) <= RotaryGoldenTests.tolerance * expected
    }
}

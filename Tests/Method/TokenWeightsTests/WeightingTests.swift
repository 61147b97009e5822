import Foundation
import Testing
import TokenWeights

@Suite struct WeightingTests {
    /// The field of every option: set, read back, and told apart from every other's.
    @Test func optionsAreReadAndWrittenByName() {
        let values: [String: WeightingOption.Value] = [
            "epsilon": .number(0.125), "centering": .word("document"), "keep_fraction": .number(0.25),
        ]
        #expect(Set(WeightingOption.all.map(\.name)) == Set(values.keys), "an option has a value here")
        var weighting = Weighting("rho1")
        for option in WeightingOption.all {
            let value = values[option.name] ?? .word("")
            #expect(option.value(weighting) != value)
            #expect(option.set(&weighting, value) && option.value(weighting) == value)
            #expect(!option.set(&weighting, option.isNumber ? .word("1") : .word("nonsense")))
        }
        #expect(weighting == Weighting("rho1", epsilon: 0.125, centering: .document, keepFraction: 0.25))
    }

    @Test func anAnswerSaysWhatItsWeightingUses() {
        func said(_ name: String) -> [String] {
            WeightingOption.all.filter { $0.isSaid(of: Weighting(name)) }.map(\.name)
        }
        #expect(said("remit") == ["epsilon", "centering"])
        #expect(said("rho1") == ["epsilon", "centering", "keep_fraction"])
    }

    /// As runs have been written from the first on.
    @Test func namesInAState() throws {
        let text =
            #"{"centering":"document","epsilon":0.5,"keepFraction":0.25,"raisedDomain":"code","weighting":"rho1"}"#
        let weighting = try JSONDecoder().decode(Weighting.self, from: Data(text.utf8))
        var expected = Weighting("rho1", epsilon: 0.5, centering: .document, keepFraction: 0.25)
        expected.raisedDomain = "code"
        #expect(weighting == expected)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(try String(decoding: encoder.encode(weighting), as: UTF8.self) == text)
    }
}

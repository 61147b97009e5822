import Foundation
import Testing
import Training
import Transformers

struct ParameterGroupTests {
    @Test func aGroupIsReadAndWrittenAlike() throws {
        let group = try ParameterGroup(parsing: "  *norm*  lm_head.weight weight-decay=0 learning-rate=.5x ")
        #expect(group.patterns == ["*norm*", "lm_head.weight"])
        #expect(group.learningRateFactor == 0.5 && group.weightDecay == 0)
        #expect("\(group)" == "*norm* lm_head.weight learning-rate=0.5x weight-decay=0.0")
        let decayed = try ParameterGroup(parsing: "a weight-decay=1e-3")
        for group in [group, decayed] {
            let json = try JSONEncoder().encode([group])
            #expect(try JSONDecoder().decode([ParameterGroup].self, from: json) == [group])
        }
    }

    @Test(arguments: [
        ("", "a parameter's name"), ("learning-rate=1x", "a parameter's name"), ("*norm*", "behind the names"),
        ("a lr=0.1x", "not lr="), ("a learning-rate=0.1", "such as 0.1x"), ("a learning-rate=x", "such as 0.1x"),
        ("a learning-rate=-1x", "0x to 1000x"), ("a learning-rate=nanx", "0x to 1000x"),
        ("a weight-decay=", "0 to 1000"),
        ("a weight-decay=inf", "0 to 1000"),
        ("a weight-decay=0.1x", "0 to 1000"),
        ("a weight-decay=0 weight-decay=1", "weight-decay once"),
    ])
    func whatIsNoGroupIsRefused(_ text: String, _ expected: String) {
        #expect {
            _ = try ParameterGroup(parsing: text)
        } throws: { error in
            guard case TrainingError.badOption("parameter-group", "'\(text)'", let words) = error else { return false }
            return words.contains(expected)
        }
    }

    @Test(arguments: [
        ("model.norm.weight", "model.norm.weight", true), ("norm", "model.norm.weight", false), ("*", "a.b", true),
        ("*norm*", "model.layers.0.input_layernorm.weight", true), ("model.*.weight", "model.weight", false),
        ("*.weight", "a.weight.b", false), ("a*a", "a", false), ("a*a", "aa", true), ("*ab*bc*", "abc", false),
        ("*ab*bc*", "abbc", true), ("**a**", "ba", true), ("layers.1*.x", "layers.10.x", true),
    ])
    func aStarStandsForAnyCharacters(_ pattern: String, _ name: String, _ matches: Bool) throws {
        #expect(try ParameterGroup(parsing: pattern + " weight-decay=0").contains(name) == matches)
    }

    /// What a backtracking matcher would take for ever.
    @Test func manyStarsAreHeldAgainstALongNameAtOnce() throws {
        let group = try ParameterGroup(parsing: String(repeating: "*a", count: 400) + "*b weight-decay=0")
        #expect(!group.contains(String(repeating: "a", count: 10_000)))
    }

    @Test func namesThatTheStudentHasNotAreRefused() throws {
        let parameters = try TinyTraining.student().parameters
        func check(_ groups: String...) throws {
            var options = AdamWOptions()
            options.parameterGroups = try groups.map(ParameterGroup.init(parsing:))
            try options.check(parameters)
        }
        try check("*norm* weight-decay=0", "lm_head.weight learning-rate=2x")
        #expect {
            try check("*norm* *embedding* weight-decay=0")
        } throws: {
            let words = "\($0)"
            return words.contains("none is *embedding*. They are ") && words.contains("layers.*.mlp.down_proj.weight")
        }
        #expect {
            try check("*norm* weight-decay=0", "model.layers.0.* learning-rate=2x")
        } throws: { "\($0)".contains("model.layers.0.input_layernorm.weight is in '*norm* ") }
    }

    @Test func numbersOfAdamWAreChecked() throws {
        func refuses(_ change: (inout AdamWOptions) -> Void) -> Bool {
            var options = AdamWOptions()
            change(&options)
            do { try options.validate() } catch { return true }
            return false
        }
        #expect(!refuses { _ in } && !refuses { $0.beta1 = 0 })
        #expect(refuses { $0.beta1 = 1 } && refuses { $0.beta2 = -0.1 } && refuses { $0.beta2 = .nan })
        #expect(refuses { $0.epsilon = 0 } && refuses { $0.epsilon = .infinity })
    }

    /// Checkpoints of before there were groups have none, and the field is not written where there are none.
    @Test func statesOfBeforeHaveNone() throws {
        let written = try JSONEncoder().encode(AdamWOptions())
        #expect(!String(decoding: written, as: UTF8.self).contains("parameterGroups"))
        #expect(try JSONDecoder().decode(AdamWOptions.self, from: written) == AdamWOptions())
    }
}

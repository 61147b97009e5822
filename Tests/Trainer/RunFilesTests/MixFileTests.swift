import Corpora
import Foundation
import RunFiles
import Testing
import TestSupport
import Training

struct MixFileTests {
    @Test func namesPathsAndWeights() throws {
        let mix = try MixFile(
            yaml: """
                sources:
                  web:
                    paths: [a.jsonl, "b/*.npy"]
                    weight: 3
                  code: {paths: c.idx, weight: 0.5, repeat: 2, text-field: content}
                """, path: "mix.yaml")
        #expect(
            mix.sources == [
                MixSource(name: "code", paths: ["c.idx"], weight: 0.5, repeat: 2, textField: "content"),
                MixSource(name: "web", paths: ["a.jsonl", "b/*.npy"], weight: 3, repeat: 1),
            ])
    }

    @Test func phasesWeighTheSources() throws {
        let mix = try MixFile(
            yaml: """
                sources:
                  web: {paths: w.jsonl}
                  code: {paths: c.idx, repeat: 2}
                  math: {paths: m.jsonl}
                phases:
                  - {tokens: 2e9, weights: {web: 3, code: 1}}
                  - tokens: 1000
                    weights: {math: 0.5}
                """, path: "mix.yaml")
        #expect(
            mix.phases == [
                MixPhase(tokens: 2_000_000_000, weights: ["web": 3, "code": 1]),
                MixPhase(tokens: 1000, weights: ["math": 0.5]),
            ])
        #expect(mix.sources.map(\.name) == ["code", "math", "web"])
        #expect(mix.sources.map(\.weight) == [0.5e9, 1000, 1.5e9] && mix.sources[0].repeat == 2)
    }

    @Test(arguments: [
        ("{}", "a list under 'phases'"), ("[]", "a list under 'phases'"), ("[5]", "phase 1: expected a mapping"),
        ("[{tokens: 5, weights: {a: 1}}, {tokens: 5}]", "phase 2: expected 'weights'"),
        ("[{weights: {a: 1}}]", "phase 1: 'tokens' is missing"),
        ("[{tokens: 0, weights: {a: 1}}]", "'tokens' must be a whole number"),
        ("[{tokens: 1.5, weights: {a: 1}}]", "'tokens' must be a whole number"),
        ("[{tokens: .nan, weights: {a: 1}}]", "'tokens' must be a whole number"),
        ("[{tokens: 5, weights: {c: 1}}]", "'c' is no source; there are a, b"),
        ("[{tokens: 5, weights: {a: 0}}]", "'weights.a' must be a number above 0"),
        ("[{tokens: 5, weight: {a: 1}}]", "unknown key 'weight'"),
        ("[{tokens: 5, weights: {a: 1}}]", "source 'b': no phase names it"),
    ])
    func whatAreNoPhasesIsRefused(_ phases: String, _ reason: String) {
        #expect {
            try MixFile(yaml: "sources: {a: {paths: x}, b: {paths: y}}\nphases: " + phases, path: "mix.yaml")
        } throws: { "\($0)".contains("mix.yaml: ") && "\($0)".contains(reason) }
    }

    @Test func aWeightBesidePhasesIsRefused() {
        #expect {
            try MixFile(
                yaml:
                    "sources: {a: {paths: x, weight: 1}, b: {paths: y}}\nphases: [{tokens: 5, weights: {a: 1, b: 1}}]",
                path: "mix.yaml")
        } throws: { "\($0)".contains("source 'a': 'weight' belongs to each of the phases") }
    }

    @Test func aByteOrderMarkIsNoKey() throws {
        let directory = try TemporaryDirectory()
        let yaml = "sources: {a: {paths: x, weight: 1}, b: {paths: y, weight: 1}}"
        let path = try directory.write("mix.yaml", Array(("\u{FEFF}" + yaml).utf8))
        #expect(try MixFile(path) == MixFile(yaml: yaml, path: path))
    }

    @Test func aFileOfTwoSourcesIsSaid() throws {
        let directory = try TemporaryDirectory()
        for name in ["web/a.txt", "web/b.txt", "code/c.txt"] { try directory.write(name, Array(name.utf8)) }
        let mix = try MixFile(
            yaml: """
                sources:
                  web: {paths: \(directory.file("web")), weight: 1}
                  more: {paths: [\(directory.file("web/./a.txt")), \(directory.file("code"))], weight: 1}
                  code: {paths: \(directory.file("code")), weight: 1}
                """, path: "mix.yaml")
        #expect(
            MixSource.remarks(mix.sources.map(\.name), try mix.sources.map { try CorpusFiles($0.paths) }) == [
                "code and more both read \(directory.file("code"))/c.txt: it counts once in each source",
                "more and web both read \(directory.file("web/./a.txt")): it counts once in each source",
            ])
    }

    @Test(arguments: [
        ("sources: [", "mix.yaml"), ("[1]", "mapping 'sources'"), ("sources: {}", "two sources"),
        ("sources: {a: {paths: x, weight: 1}}", "two sources"),
        ("sources: {a: {paths: x, weight: 1}, b: {paths: y}}", "source 'b': 'weight' is missing"),
        ("sources: {a: {paths: x, weight: 0}, b: {paths: y, weight: 1}}", "source 'a': 'weight'"),
        ("sources: {a: {paths: x, weight: .inf}, b: {paths: y, weight: 1}}", "source 'a': 'weight'"),
        ("sources: {a: {weight: 1}, b: {paths: y, weight: 1}}", "source 'a': expected 'paths'"),
        ("sources: {a: {paths: x, weight: 1, wieght: 2}, b: {paths: y, weight: 1}}", "unknown key 'wieght'"),
        ("sources: {a: 5, b: {paths: y, weight: 1}}", "under 'a'"),
        ("sources: {a: {paths: x, weight: 1}, b: {paths: y, weight: 1}}\nseed: 4", "unknown key 'seed'"),
    ])
    func whatIsNoMixIsRefused(_ yaml: String, _ reason: String) {
        #expect {
            try MixFile(yaml: yaml, path: "mix.yaml")
        } throws: {
            "\($0)".contains(reason)
        }
    }
}

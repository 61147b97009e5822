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
        ("sources: {a: {paths: x, weight: 1}, b: {paths: y}}", "source 'b': 'weight'"),
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

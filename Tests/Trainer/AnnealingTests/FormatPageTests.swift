import Annealing
import TestSupport
import Testing
import Training

/// docs/file-formats.md names every key that a run's state has.
struct FormatPageTests {
    private static func section(_ heading: String) throws -> Substring {
        let sections = try Documentation.page("docs/file-formats.md").text.split(separator: "\n## ")
        return try #require(sections.first { $0.hasPrefix(heading + "\n") }, "\(heading)")
    }

    /// Names of a value's stored properties, which are its keys, those that are nil among them.
    private static func keys(_ value: Any) -> [String] { Mirror(reflecting: value).children.compactMap(\.label) }

    private static let inputs = RunInputs(
        student: "s", tokenizer: "t", corpus: "c", evaluationCorpus: nil, teacher: nil)

    @Test func everyKeyOfAStateIsNamed() throws {
        let state = RunState(options: AnnealingOptions(), inputs: Self.inputs, kernelPath: "avx512f")
        let page = try Self.section("Checkpoint of a run")
        let keys = Self.keys(state) + Self.keys(Self.inputs)
        #expect(keys.contains("domainScoresFingerprints") && keys.contains("domainTeachers"))
        for key in keys { #expect(page.contains("`\(key)`"), "\(key)") }
    }

    @Test func everyFingerprintOfALineageIsNamed() throws {
        let line = try #require(
            try Self.section("remit.json").split(separator: "\n").first { $0.hasPrefix("| `fingerprints` |") })
        for key in Self.keys(Self.inputs) {
            let written = key.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
            #expect(line.contains("`\(written)`"), "\(written)")
        }
    }
}

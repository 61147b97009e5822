import Corpora
import Foundation
import ScoringAPI
import TokenWeights
import Tokenizers

// What is read as JSON, per second of CPU time, one thread: a tokenizer.json, JSON lines, a request of many numbers.
// usage: swift run -c release BenchmarkJSON TOKENIZER.json LINES.jsonl
// Without files a tokenizer.json of 100,000 entries and JSON lines of 64 MB are made up.
struct Measured {
    let name: String
    let bytes: Int
    let work: () throws -> Void

    /// The best of five: what else runs on the machine only ever adds.
    func run() throws {
        var best = Double.infinity
        for _ in 0..<5 {
            let start = clock()
            try work()
            best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
        }
        print(
            name.padding(toLength: 28, withPad: " ", startingAt: 0)
                + String(format: "%7.1f MB %8.0f MB a CPU second", Double(bytes) / 1e6, Double(bytes) / 1e6 / best))
    }
}

func tokenizerText() -> String {
    let words = (0..<100_000).map { "\"w\\u00e9\($0 * 7919 % 1_000_003)\": \($0)" }.joined(separator: ", ")
    return """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null, "decoder": null, "model": {"type": "BPE", "dropout": null, "unk_token": null,
        "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
        "vocab": {\(words)}, "merges": []}}
        """
}

func lines(bytes: Int) -> String {
    let sentence = "The quick brown fox said \\\"17 + 25 = 42\\\" and jumped over the lazy d\\u00f6g.\\n"
    let line =
        #"{"id": "doc-1", "url": "https://example.org/a/b", "score": 0.98125, "tags": ["a", "b", {"c": null}], "text": ""#
        + String(repeating: sentence, count: 24) + "\"}\n"
    return String(repeating: line, count: bytes / line.utf8.count + 1)
}

let arguments = Array(CommandLine.arguments.dropFirst())
let directory = FileManager.default.temporaryDirectory.appendingPathComponent("remit-json-\(getpid())")
try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: directory) }
func path(_ index: Int, _ name: String, _ text: () -> String) throws -> String {
    if arguments.indices.contains(index) { return arguments[index] }
    let url = directory.appendingPathComponent(name)
    try text().write(to: url, atomically: false, encoding: .utf8)
    return url.path
}

let tokenizer = try Array(Data(contentsOf: URL(fileURLWithPath: path(0, "tokenizer.json", tokenizerText))))
let corpus = try path(1, "lines.jsonl") { lines(bytes: 64_000_000) }
let corpusBytes = try FileManager.default.attributesOfItem(atPath: corpus)[.size] as? Int ?? 0
let files = try CorpusFiles([corpus])
let numbers = (0..<500_000).map { Int32($0 * 7919 % 151_643) }
let request = ScoreRequest(
    inputs: [
        ScoreInput(
            content: .tokenIDs(numbers), studentLogProbs: numbers.map { -Float($0 % 4_001) / 173 })
    ], choice: Weighting()
).json()

try Measured(name: "tokenizer.json", bytes: tokenizer.count) {
    do {
        _ = try Tokenizer(json: tokenizer, source: "tokenizer.json")
    } catch TokenizerError.invalidVocabulary {
        // A made-up vocabulary lacks the bytes; it has been read when that is found.
    }
}.run()
try Measured(name: "JSON lines", bytes: corpusBytes) {
    for file in files.files { try RecordReader(file).forEach { _ = try $0.get() } }
}.run()
try Measured(name: "a request of 1 M numbers", bytes: request.count) {
    _ = try ScoreRequest(json: request, for: .weights)
}.run()

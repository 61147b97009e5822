import Checkpoints
import Digests
import Foundation
import System
import TestSupport
import Testing
import Training
import Transformers

/// Averages of checkpoints against numpy (scripts/goldens/checkpoint_average.py).
struct CheckpointAverageTests {
    private static let tokenizer = """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
         "post_processor": null, "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
         "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
                   "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": {"a": 0, "b": 1, "ab": 2},
                   "merges": [["a", "b"]]}}
        """

    private let directory: TemporaryDirectory
    private var paths: [String] { ["a", "b", "c"].map(directory.file) }

    init() throws {
        directory = try TemporaryDirectory()
        for (name, path) in zip(["a", "b", "c"], paths) {
            try FileManager.default.copyItem(atPath: Self.goldens() + "/" + name, toPath: path)
            try Self.tokenizer.write(toFile: path + "/tokenizer.json", atomically: true, encoding: .utf8)
        }
    }

    private static func goldens() throws -> String {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Goldens/average").path
    }

    private func average(
        _ paths: [String], _ weights: [Double]? = nil, as type: ElementType = .f32, stop: StopFlag = StopFlag()
    ) throws -> Checkpoint {
        let out = directory.file("out-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        try CheckpointAverage(paths, weights: weights).write(
            to: out, elementType: type, maxShardBytes: 1 << 30, version: "1", stop: stop, onProgress: { _ in })
        return try Checkpoint(model: out)
    }

    private func values(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
        let shape = try #require(checkpoint.entry(name)).shape
        var values = [Float](repeating: 0, count: shape.reduce(1, *))
        try values.withUnsafeMutableBufferPointer { try checkpoint.read(name, shape: shape, into: $0) }
        return values
    }

    @Test(arguments: [("uniform", nil), ("weighted", [3.0, 1, 2])])
    func equalsNumpyBitForBit(_ golden: String, _ weights: [Double]?) throws {
        let expected = try GoldenFile(Self.goldens() + "/\(golden).safetensors")
        let written = try average(paths, weights)
        #expect(written.tensorNames.count == 12)
        for name in written.tensorNames {
            #expect(try values(written, name) == expected.floats(name), "\(name)")
        }
        let copied = FileManager.default.contents(atPath: written.directory + "/tokenizer.json")
        #expect(copied == Data(Self.tokenizer.utf8))
        let lineage = try JSONDecoder().decode(
            AverageLineage.self,
            from: try #require(FileManager.default.contents(atPath: written.directory + "/remit.json")))
        #expect(lineage.checkpoints.map(\.path) == paths)
        #expect(lineage.checkpoints.map(\.share) == (weights ?? [1, 1, 1]).map { $0 / (weights == nil ? 3 : 6) })
        #expect(try lineage.checkpoints[1].fingerprint == Checkpoint(model: paths[1]).modelFingerprint().hex)
    }

    @Test func theAverageOfEqualCheckpointsIsTheCheckpoint() throws {
        let first = try Checkpoint(model: paths[0])
        let written = try average([paths[0], paths[0], paths[0]], [0.1, 0.7, 0.2])
        for name in first.tensorNames { #expect(try values(written, name) == values(first, name), "\(name)") }
        // bfloat16 holds what it is widened to.
        let narrow = try average([paths[1], paths[1]], as: .bf16)
        for name in first.tensorNames {
            #expect(narrow.entry(name)?.elementType == .bf16)
            #expect(try values(narrow, name) == values(Checkpoint(model: paths[1]), name), "\(name)")
        }
        #expect(try narrow.configuration.string("dtype") == "bfloat16")
    }

    private func change(_ file: String, _ text: String, _ into: String) throws {
        let path = paths[1] + "/" + file
        let json = try String(contentsOfFile: path, encoding: .utf8)
        let changed = json.replacing(text, with: into)
        #expect(changed != json)
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func otherArchitecturesAreRefusedWithWhatDiffers() throws {
        try change("config.json", #""rope_theta": 10000.0"#, #""rope_theta": 20000.0"#)
        #expect(
            throws: CheckpointAverageError.otherConfiguration(
                field: "rope_theta", first: paths[0], has: "10000", other: paths[1], got: "20000")
        ) { try average(paths) }
    }

    @Test func anotherTokenizerIsRefused() throws {
        try change(
            "tokenizer.json", #""trim_offsets": true, "use_regex": true},"#,
            #""trim_offsets": true, "use_regex": false},"#)
        #expect {
            try average(paths)
        } throws: { error in
            guard case CheckpointAverageError.otherTokenizer(paths[0], let has, paths[1], let got) = error else {
                return false
            }
            return has != got
        }
    }

    @Test func aTensorThatOneLacksIsNamed() throws {
        let file = paths[1] + "/model.safetensors"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let name = try #require(bytes.range(of: Data("model.norm.weight".utf8)))
        bytes.replaceSubrange(name, with: Data("model.morn.weight".utf8))
        try bytes.write(to: URL(fileURLWithPath: file))
        #expect(
            throws: CheckpointAverageError.otherTensors(name: "model.morn.weight", has: paths[1], lacks: paths[0])
        ) { try average(paths) }
    }

    @Test func whatIsNotFiniteIsNotWritten() throws {
        let file = paths[0] + "/model.safetensors"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
        try bytes.write(to: URL(fileURLWithPath: file))
        #expect(throws: CheckpointAverageError.self) { try average(paths) }
    }

    @Test func aStopEndsIt() throws {
        let stop = StopFlag()
        stop.request()
        #expect(throws: TrainingError.interrupted) { try average(paths, stop: stop) }
    }
}

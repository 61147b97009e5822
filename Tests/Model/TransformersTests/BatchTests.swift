import Checkpoints
import Digests
import Foundation
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// What a model refuses, and what it makes of unusual batches.
@Suite struct BatchTests {
    private static func frozen(_ precision: Precision = .f32) throws -> FrozenTransformer {
        try FrozenTransformer(
            checkpoint: try Golden("llama-bias").checkpoint, precision: precision, workers: WorkerPool(threads: 1))
    }

    @Test func anIDOutsideTheVocabularyIsRefused() async throws {
        let model = try await onThread { try BatchTests.frozen() }
        for (id, place) in [(Int32(97), 3), (-1, 0)] {
            var ids: [Int32] = [1, 2, 3, 4, 5]
            ids[place] = id
            #expect(throws: TransformerError.tokenOutOfRange(position: place, id: id, vocabularySize: 97)) {
                try model.logProbs(PackedBatch(segments: [ids]))
            }
        }
    }

    @Test func aSegmentBeyondTheContextIsRefused() async throws {
        let model = try await onThread { try BatchTests.frozen() }
        let batch = PackedBatch(segments: [[1, 2], Array(repeating: 5, count: 257)])
        #expect(throws: TransformerError.segmentTooLong(start: 2, tokens: 257, limit: 256)) {
            try model.logProbs(batch)
        }
    }

    @Test func noTokensAreNoLogProbs() async throws {
        let model = try await onThread { try BatchTests.frozen() }
        #expect(try model.logProbs(PackedBatch(segments: [])).isEmpty)
        let alone = try model.logProbs(PackedBatch(segments: [[7], [8]]))
        #expect(alone.count == 2 && alone.allSatisfy(\.isNaN))
    }

    @Test func aResultThatIsNotFiniteIsRefused() async throws {
        let golden = try Golden("llama-bias")
        try await onThread {
            let model = try TrainableTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            model.withValues { $0[$0.count / 2] = .infinity }
            model.parametersDidChange()
            #expect(throws: TransformerError.self) { try model.logProbs(golden.batch) }
            #expect(throws: TransformerError.self) { try model.forward(golden.batch) }
        }
    }

    @Test func aTensorTheModelWouldNotReadIsRefused() async throws {
        let golden = try Golden("llama-bias")
        let directory = try TemporaryDirectory()
        try await onThread {
            // The same weights under a config.json without biases.
            let model = try TrainableTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            try model.save(to: directory.path, elementType: .f32)
            let text = try String(contentsOfFile: directory.path + "/config.json", encoding: .utf8)
            try directory.write("config.json", text.replacing("\"mlp_bias\": true", with: "\"mlp_bias\": false").utf8)
            let changed = try Checkpoint(directory: directory.path)
            #expect {
                _ = try FrozenTransformer(checkpoint: changed, workers: WorkerPool(threads: 1))
            } throws: { error in
                guard case .unexpectedTensor(_, let tensor, "llama")? = error as? TransformerError else { return false }
                return tensor.hasSuffix("mlp.down_proj.bias")
            }
        }
    }

    @Test func fingerprintsTellPrecisionsApart() async throws {
        let (f32, again, bf16) = try await onThread {
            (try BatchTests.frozen(), try BatchTests.frozen(), try BatchTests.frozen(.bf16))
        }
        #expect(f32.scoresFingerprint == again.scoresFingerprint)
        #expect(f32.scoresFingerprint != bf16.scoresFingerprint && f32.modelFingerprint == bf16.modelFingerprint)
        #expect(bf16.parameterByteCount < f32.parameterByteCount)
    }

    /// What a store or a side-car holds of before sums were formed in blocks is never found: its fingerprint is another one.
    @Test(arguments: KernelPath.supported, Precision.allCases)
    func scoresOfOtherArithmeticHaveAnotherFingerprint(_ path: KernelPath, _ precision: Precision) async throws {
        let model = try await onThread {
            try FrozenTransformer(
                checkpoint: Golden("llama-tied").checkpoint, precision: precision,
                workers: WorkerPool(threads: 1, path: path))
        }
        func fingerprint(version: Int) -> SHA256Digest {
            var hasher = SHA256Hasher()
            hasher.update(field: "remit scores fingerprint 1")
            hasher.update(digest: model.modelFingerprint)
            hasher.update(field: precision.rawValue)
            hasher.update(littleEndian: UInt64(version))
            hasher.update(field: model.kernelPath)
            return hasher.finalize()
        }
        let before = precision == .f32 ? 1 : 2
        #expect(model.scoresFingerprint == fingerprint(version: before + 1))
        #expect(model.scoresFingerprint != fingerprint(version: before))
        // And it is told from those of this version, and of what is no version at all.
        func earlier(_ scores: SHA256Digest) -> Int? {
            ScoresFingerprint.earlierVersion(of: scores, model: model.modelFingerprint, precision: precision)
        }
        #expect(earlier(fingerprint(version: before)) == before && earlier(fingerprint(version: 1)) == 1)
        #expect(earlier(model.scoresFingerprint) == nil && earlier(model.modelFingerprint) == nil)
    }

    /// Logits kept or computed again.
    @Test(arguments: ["llama-tied", "gemma2-types"])
    func logitsNeedNotBeKept(_ name: String) async throws {
        let golden = try Golden(name)
        let gradients = try await onThread {
            let model = try TrainableTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
            return try [0, 512 << 20].map { limit in
                model.maxKeptLogitBytes = limit
                model.zeroGradients()
                _ = try model.forward(golden.batch)
                try model.backward(logProbGradients: golden.weights)
                return model.withGradients { bits($0) }
            }
        }
        let isSame = gradients[0] == gradients[1]
        #expect(isSame)
    }

    /// Gradients add up over micro-batches; a batch cut at a segment's start gives the same sum but for rounding.
    @Test func gradientsAccumulate() async throws {
        let golden = try Golden("llama-tied")
        let (whole, parts) = try await onThread {
            let model = try TrainableTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
            _ = try model.forward(golden.batch)
            try model.backward(logProbGradients: golden.weights)
            let whole = model.withGradients { Array($0) }
            model.zeroGradients()
            for range in golden.batch.segments {
                _ = try model.forward(PackedBatch(segments: [Array(golden.batch.tokenIDs[range])]))
                try model.backward(logProbGradients: Array(golden.weights[range]))
            }
            return (whole, model.withGradients { Array($0) })
        }
        let largest = whole.map { abs($0) }.max() ?? 0
        let worst = zip(whole, parts).map { abs($0 - $1) }.max() ?? 0
        #expect(worst < 1e-5 * largest)
    }
}

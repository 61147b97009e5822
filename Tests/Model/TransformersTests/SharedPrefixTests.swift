import Checkpoints
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// What segments have in common at their beginnings is computed once, and every segment has the bits that it has alone.
@Suite struct SharedPrefixTests {
    private static let detail = ScoreDetail(topK: 3, temperatures: [0.7, 2])

    /// Some begin as others do, up to a place near the ends of steps and key blocks, or are their beginnings, or the same.
    static func segments(
        _ count: Int, vocabulary: Int, context: Int,
        places: [Int] = [0, 5, 16, 31, 32, 48, 63, 64, 65, 80, 96, 128, 129],
        _ random: inout DrawnRandom
    ) -> [[Int32]] {
        var segments: [[Int32]] = []
        for _ in 0..<count {
            let known = segments.randomElement(using: &random) ?? []
            let kept = known.prefix((places + [known.count]).randomElement(using: &random) ?? 0)
            let longest = min([1, 3, 20, 70].randomElement(using: &random) ?? 1, context - kept.count)
            let own = (0..<Int.random(in: 0...max(0, longest), using: &random)).map { _ in
                Int32.random(in: 0..<Int32(vocabulary), using: &random)
            }
            segments.append(kept.isEmpty && own.isEmpty ? [1] : kept + own)
        }
        return segments.shuffled(using: &random)
    }

    @Test(arguments: InvarianceTests.cases)
    func aSegmentHasTheBitsItHasAlone(_ given: InvarianceTests.Case) async throws {
        let golden = try Golden(given.golden)
        try await onThread {
            var random = DrawnRandom()
            let models = try [1, 2, 3, 7].map { threads in
                try FrozenTransformer(
                    checkpoint: golden.checkpoint, precision: given.precision,
                    workers: WorkerPool(threads: threads, path: given.path))
            }
            let description = models[0].description
            for _ in 0..<6 {
                let batch = PackedBatch(
                    segments: Self.segments(
                        12, vocabulary: description.vocabularySize, context: description.contextLength, &random))
                let together = try models.map { try $0.scores(batch, Self.detail) }
                for segment in batch.segments {
                    let alone = try models[0].scores(
                        PackedBatch(segments: [Array(batch.tokenIDs[segment])]), Self.detail)
                    for scores in together {
                        let isSame = Self.same(scores.tokens(segment, Self.detail), alone)
                        #expect(isSame, "\(given), \(segment) of \(batch.segments.starts)")
                    }
                }
            }
        }
    }

    /// Past spans of key blocks, and past a window.
    @Test(arguments: LongGolden.names)
    func longPrefixesAreShared(_ name: String) async throws {
        let golden = try LongGolden(name)
        try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
            let other = golden.tokenIDs.dropFirst(3)
            let batch = PackedBatch(
                segments: [0, 1000, 1024, 1040, 2047, 2048, 2500].map { common in
                    Array(golden.tokenIDs.prefix(common) + other.prefix(200))
                })
            let together = try model.scores(batch, Self.detail)
            for segment in batch.segments {
                let alone = try model.scores(PackedBatch(segments: [Array(batch.tokenIDs[segment])]), Self.detail)
                let isSame = Self.same(together.tokens(segment, Self.detail), alone)
                #expect(isSame, "\(name), \(segment)")
            }
        }
    }

    /// Fewer rows take less memory; that of a batch in which nothing is shared is as it was.
    @Test func whatIsSharedIsComputedOnce() async throws {
        let golden = try Golden("llama-tied")
        try await onThread {
            func bytes(common: Int) throws -> Int {
                let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
                let segments = (0..<8).map { branch in
                    (0..<144).map { Int32(($0 < common ? $0 : $0 * 7 + branch * 11 + 1) % 100) }
                }
                _ = try model.logProbs(PackedBatch(segments: segments))
                return model.scratchByteCount
            }
            let (none, some) = (try bytes(common: 0), try bytes(common: 128))
            #expect(some * 2 < none)
            #expect(try bytes(common: 15) == none)
        }
    }

    /// Batches within a room hold no more memory than the room says, however they share.
    @Test(arguments: ["llama-tied", "gemma2-caps", "youtu-low-rank", "mistral-window"])
    func memoryStaysWithinItsBound(_ name: String) async throws {
        let golden = try Golden(name)
        try await onThread {
            var random = DrawnRandom()
            for room in [150, 700] {
                let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
                let description = model.description
                let bound = model.scratchByteCount(maxBatchTokens: room, maxSegmentTokens: description.contextLength)
                func fill(_ segments: [[Int32]]) throws {
                    var taken = BatchRoom(room, sharesPrefixes: model.sharesPrefixes)
                    let batch = segments.filter { ids in
                        guard taken.tokens + ids.count <= room || (taken.tokens > 0 && taken.fits(ids)) else {
                            return false
                        }
                        taken.take(ids)
                        return true
                    }
                    _ = try model.logProbs(PackedBatch(segments: batch))
                    #expect(model.scratchByteCount <= bound, "\(name), \(batch.map(\.count))")
                }
                for _ in 0..<20 {
                    try fill(
                        Self.segments(
                            60, vocabulary: description.vocabularySize, context: description.contextLength, &random))
                }
                // A token or two of their own, on both sides of the ends of blocks.
                for (common, own) in [(64, 1), (63, 2), (48, 18), (112, 17), (128, 1)] {
                    try fill(
                        (0..<40).map { branch in
                            (0..<common + own).map { Int32($0 < common ? 1 : (branch + $0) % 40 + 2) }
                        })
                }
            }
        }
    }

    /// What cannot be scored is named by its place in the batch, wherever it was computed.
    @Test func faultsAreNamedByTheirPlaceInTheBatch() async throws {
        let golden = try Golden("llama-bias")
        try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            let common = [Int32](repeating: 5, count: 64)
            #expect(throws: TransformerError.tokenOutOfRange(position: 129, id: 97, vocabularySize: 97)) {
                try model.logProbs(PackedBatch(segments: [common, common + [1, 97]]))
            }
            #expect(throws: TransformerError.segmentTooLong(start: 64, tokens: 257, limit: 256)) {
                try model.logProbs(PackedBatch(segments: [common, [Int32](repeating: 5, count: 257)]))
            }
        }
    }

    private static func same(_ a: TokenScores, _ b: TokenScores) -> Bool {
        bits(a.logProbs) == bits(b.logProbs) && a.detail == b.detail
            && a.top?.tokenIDs == b.top?.tokenIDs && bits(a.top?.logProbs ?? []) == bits(b.top?.logProbs ?? [])
            && zip(a.tempered, b.tempered).allSatisfy {
                bits($0.logSumExps) == bits($1.logSumExps) && bits($0.entropies) == bits($1.entropies)
            }
    }
}

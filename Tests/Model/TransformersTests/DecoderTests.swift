import Foundation
import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// Token by token, the log-probs are those of the whole forward.
@Suite struct DecoderTests {
    /// Greedy and drawn completions of prompts of unequal length, more than the decoder has room for at once.
    @Test(arguments: Golden.names)
    func aCompletionHasTheLogProbsOfTheWholeForward(_ name: String) async throws {
        let golden = try Golden(name)
        try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
            let context = model.description.contextLength
            let requests = Self.requests(vocabulary: model.description.vocabularySize, context: context)
            for temperature in [0, 1.3] {
                let options = GenerationOptions(maxNewTokens: 90, temperature: temperature, stopTokens: [3])
                let found = try model.makeDecoder(DecoderLimits(sequences: 3, maxTokens: 160)).generate(
                    requests, options)
                for (request, generation) in zip(requests, found) {
                    let whole = try model.logProbs(
                        PackedBatch(segments: [request.prompt + generation.tokenIDs]),
                        temperature: temperature == 0 ? 1 : temperature)
                    let same = bits(whole.dropFirst(request.prompt.count)) == bits(generation.logProbs)
                    #expect(generation.entropies.count == (temperature == 0 ? 0 : generation.tokenIDs.count))
                    #expect(same, "\(name), prompt of \(request.prompt.count), temperature \(temperature)")
                    let room = min(90, min(160, context) - request.prompt.count)
                    #expect(generation.isFinished || generation.tokenIDs.count == room)
                    #expect(generation.isFinished == (generation.tokenIDs.last == 3))
                }
            }
        }
    }

    @Test func aCompletionDoesNotDependOnItsNeighbours() async throws {
        let golden = try Golden(Golden.names[0])
        try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            let requests = Self.requests(
                vocabulary: model.description.vocabularySize, context: model.description.contextLength)
            let options = GenerationOptions(maxNewTokens: 20, temperature: 1, stopTokens: [])
            let together = try model.makeDecoder(DecoderLimits(sequences: 8, maxTokens: 200)).generate(
                requests, options)
            let decoder = model.makeDecoder(DecoderLimits(sequences: 1, maxTokens: 200))
            let alone = try requests.flatMap { try decoder.generate([$0], options) }
            let same = together == alone
            #expect(same)
            let twice = try decoder.generate([requests[0], requests[0]], options)
            #expect(twice[0] == twice[1])
            let other = GenerationRequest(prompt: requests[0].prompt, seed: 999)
            let differs = try decoder.generate([other], options)[0].tokenIDs != twice[0].tokenIDs
            #expect(differs)
        }
    }

    /// Samples of one prompt are those that each is alone: the prompt is computed once, the rest is their own.
    @Test(arguments: ["llama-tied", "gemma2-caps", "youtu-low-rank", "mistral-window"])
    func samplesOfOnePromptAreAsAlone(_ name: String) async throws {
        let golden = try Golden(name)
        try await onThread {
            for threads in [1, 3] {
                let model = try FrozenTransformer(
                    checkpoint: golden.checkpoint, workers: WorkerPool(threads: threads))
                let prompts: [[Int32]] = [[5], [7, 8], (0..<70).map { Int32($0 % 40) }]
                let requests = (0..<12).map { GenerationRequest(prompt: prompts[$0 % 3], seed: UInt64($0)) }
                let options = GenerationOptions(maxNewTokens: 12, temperature: 1.2, stopTokens: [3, 4, 5])
                // As many at a time as there are, or fewer: then some go on from the cache of others.
                let together = try [12, 5].map { sequences in
                    try model.makeDecoder(DecoderLimits(sequences: sequences, maxTokens: 100)).generate(
                        requests, options)
                }
                let decoder = model.makeDecoder(DecoderLimits(sequences: 1, maxTokens: 100))
                let alone = try requests.flatMap { try decoder.generate([$0], options) }
                #expect(together == [alone, alone], "\(name)")
                #expect(Set(alone.map(\.tokenIDs)).count > 3, "samples differ")
            }
        }
    }

    /// The share of each first token among many draws is its probability at the temperature.
    @Test func tokensAreDrawnByTheirProbabilities() async throws {
        let golden = try Golden(Golden.names[0])
        try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            let prompt: [Int32] = [1, 2, 5]
            let draws = 4000
            let options = GenerationOptions(maxNewTokens: 1, temperature: 0.5, stopTokens: [])
            let requests = (0..<draws).map { GenerationRequest(prompt: prompt, seed: UInt64($0)) }
            let found = try model.makeDecoder(DecoderLimits(sequences: 64, maxTokens: 8)).generate(requests, options)
            let vocabulary = Int32(model.description.vocabularySize)
            let sharpened = try (0..<vocabulary).map { token in
                let logProb = try model.logProbs(PackedBatch(segments: [prompt + [token]]))[prompt.count]
                return exp(2 * Double(logProb))
            }
            let sum = sharpened.reduce(0, +)
            for token in 0..<vocabulary {
                let expected = sharpened[Int(token)] / sum
                let share = Double(found.count { $0.tokenIDs == [token] }) / Double(draws)
                // Five standard deviations.
                let deviation = (expected * (1 - expected) / Double(draws)).squareRoot()
                #expect(abs(share - expected) < 5 * deviation + 1e-3, "token \(token)")
            }
        }
    }

    /// Of the tokens that are kept each comes as often as is its share of them, the others never. Log-probs and entropy stay those of all.
    @Test(arguments: [(3, 1.0), (0, 0.6), (8, 0.5), (1, 1), (0, 1e-9), (1 << 20, 1)])
    func onlyTokensThatAreKeptAreDrawn(_ topK: Int, _ topP: Double) async throws {
        let golden = try Golden(Golden.names[0])
        try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            let prompt: [Int32] = [1, 2, 5]
            let draws = 2000
            let options = GenerationOptions(
                maxNewTokens: 1, temperature: 0.5, filter: SamplingFilter(topK: topK == 0 ? nil : topK, topP: topP),
                stopTokens: [])
            let found = try model.makeDecoder(DecoderLimits(sequences: 64, maxTokens: 8)).generate(
                (0..<draws).map { GenerationRequest(prompt: prompt, seed: UInt64($0)) }, options)
            let logProbs = try (0..<Int32(model.description.vocabularySize)).map { token in
                try model.logProbs(PackedBatch(segments: [prompt + [token]]), temperature: 0.5)[prompt.count]
            }
            let shares = logProbs.map { exp(Double($0)) }
            var kept = shares.indices.sorted { shares[$0] > shares[$1] }
            if topK > 0 { kept = Array(kept.prefix(topK)) }
            let whole = kept.reduce(0) { $0 + shares[$1] }
            var reached = 0.0
            kept = kept.filter { id in
                defer { reached += shares[id] }
                return topP == 1 || reached < topP * whole
            }
            #expect(topK > 0 || topP == 1 || kept.count < shares.count)
            let sum = kept.reduce(0) { $0 + shares[$1] }
            #expect(Set(found.map { Int($0.tokenIDs[0]) }).isSubset(of: kept))
            for token in kept {
                let expected = shares[token] / sum
                let share = Double(found.count { $0.tokenIDs == [Int32(token)] }) / Double(draws)
                let deviation = (expected * (1 - expected) / Double(draws)).squareRoot()
                #expect(abs(share - expected) < 5 * deviation + 1e-3, "token \(token)")
            }
            let entropy = logProbs.reduce(0) { $0 - exp(Double($1)) * Double($1) }
            for generation in found {
                #expect(generation.logProbs[0].bitPattern == logProbs[Int(generation.tokenIDs[0])].bitPattern)
                #expect(abs(Double(generation.entropies[0]) - entropy) < 1e-5)
            }
        }
    }

    @Test func whatDoesNotFitIsRefused() async throws {
        let golden = try Golden(Golden.names[0])
        try await onThread {
            let model = try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 1))
            let decoder = model.makeDecoder(DecoderLimits(sequences: 1, maxTokens: 4))
            let options = GenerationOptions(maxNewTokens: 9, temperature: 0, stopTokens: [])
            #expect(throws: TransformerError.segmentTooLong(start: 0, tokens: 6, limit: 4)) {
                try decoder.generate([GenerationRequest(prompt: [1, 2, 3, 4, 5], seed: 0)], options)
            }
            let vocabulary = model.description.vocabularySize
            #expect(throws: TransformerError.tokenOutOfRange(position: 1, id: -1, vocabularySize: vocabulary)) {
                try decoder.generate([GenerationRequest(prompt: [1, -1], seed: 0)], options)
            }
            // It still works, and stops where the room ends.
            let found = try decoder.generate([GenerationRequest(prompt: [1, 2, 3], seed: 0)], options)
            #expect(found[0].tokenIDs.count == 1 && !found[0].isFinished)
        }
    }

    private static func requests(vocabulary: Int, context: Int) -> [GenerationRequest] {
        var random = DrawnRandom()
        return [1, 2, 7, 30, 65, 70, 130].filter { $0 < context }.enumerated().map { index, length in
            GenerationRequest(
                prompt: (0..<length).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &random) },
                seed: UInt64(index))
        }
    }
}

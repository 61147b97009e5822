import Checkpoints
import Foundation
import Reinforcement
import Sequences
import Tensors
import Testing
import TestSupport
import Training
import Transformers

/// One update at a temperature other than 1, as PyTorch makes it in float64: scripts/goldens/reinforcement_step.py.
struct GRPOGoldenTests {
    /// As for the gradients of annealing: norm of the difference over norm.
    static let gradientTolerance = 1e-4
    /// f32 against float64.
    static let logProbTolerance: Float = 2e-5
    static let lossTolerance = 1e-5

    @Test(arguments: ["llama-warm", "llama-cold", "gemma2-cold"])
    func advantagesLogProbsLossAndGradientsAreThoseOfPyTorch(_ name: String) async throws {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Goldens").path
        try await onThread {
            let golden = try GoldenFile(folder + "/\(name).safetensors")
            let checkpoint = try Checkpoint(directory: folder + "/\(name)")
            let (scalars, rewards) = (try golden.doubles("scalars"), try golden.doubles("rewards"))
            let (temperature, clip, kl) = (scalars[0], scalars[1], scalars[2])
            let advantages = [0..<4, 4..<8].flatMap { GroupAdvantages.of(Array(rewards[$0])) }
            let expected = try golden.doubles("advantages")
            #expect(zip(advantages, expected).allSatisfy { abs($0 - $1) < 1e-12 }, "\(advantages)")

            let ids = try golden.ints("token_ids").map { Int32($0) }
            let (prompts, completions) = (try golden.ints("prompt_tokens"), try golden.ints("completion_tokens"))
            var segments: [[Int32]] = []
            for (prompt, completion) in zip(prompts, completions) {
                let start = segments.reduce(0) { $0 + $1.count }
                segments.append(Array(ids[start..<start + prompt + completion]))
            }
            let batch = PackedBatch(segments: segments)
            let workers = WorkerPool(threads: 2)
            let student = try TrainableTransformer(checkpoint: checkpoint, workers: workers)
            let frozen = try FrozenTransformer(checkpoint: checkpoint, workers: workers)
            let (old, start) = (try golden.floats("old"), try golden.floats("start"))
            for keepsLogits in [true, false] {
                student.maxKeptLogitBytes = keepsLogits ? 1 << 30 : 0
                student.zeroGradients()
                let logProbs = try student.forward(batch, temperature: temperature)
                let same = try bits(logProbs) == bits(frozen.logProbs(batch, temperature: temperature))
                #expect(same)
                var loss = GRPOLoss(tokens: old.count, clip: clip, klCoefficient: kl)
                var gradients = [Float](repeating: 0, count: batch.tokenCount)
                var (policy, done) = ([Float](), 0)
                for index in segments.indices {
                    let segment = batch.segments[index]
                    let (tokens, own) = (
                        segment.lowerBound + prompts[index]..<segment.upperBound, done..<done + completions[index]
                    )
                    done = own.upperBound
                    policy += logProbs[tokens]
                    gradients.replaceSubrange(
                        tokens,
                        with: loss.add(
                            advantage: advantages[index], logProbs: Array(logProbs[tokens]), old: Array(old[own]),
                            start: Array(start[own])))
                }
                let worst = zip(policy, try golden.floats("log_probs")).map { abs($0 - $1) }.max() ?? 1
                #expect(worst < Self.logProbTolerance, "\(worst)")
                #expect(abs(loss.loss - scalars[3]) < Self.lossTolerance * max(1, abs(scalars[3])), "\(loss.loss)")
                #expect(abs(loss.divergence - scalars[4]) < Self.lossTolerance * max(1, scalars[4]))
                #expect(loss.clippedTokens == Int(scalars[5]))
                try student.backward(logProbGradients: gradients)
                let found = student.withGradients { Array($0) }
                for parameter in student.parameters {
                    let far = distance(
                        Array(found[parameter.range]), try golden.floats("gradient." + parameter.name))
                    #expect(far < Self.gradientTolerance, "\(parameter.name): \(far)")
                }
            }
        }
    }

    private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
}

import Sequences
import Tensors
import TestSupport
import Testing
import Transformers

/// Every family against transformers in float64.
@Suite struct GoldenTests {
    /// f32 against float64, at every position.
    static let logProbTolerance = 2e-4
    /// Of a gradient: norm of the difference over norm, and largest difference over largest element.
    static let gradientTolerance = 1e-4
    /// Relative, at each of ten AdamW steps.
    static let lossTolerance = 1e-4

    @Test func thereAreGoldens() {
        #expect(Golden.names.count >= 2)
    }

    @Test(arguments: Golden.names)
    func logProbsAgree(_ name: String) async throws {
        let golden = try Golden(name)
        let logProbs = try await onThread {
            try FrozenTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2)).logProbs(golden.batch)
        }
        for segment in golden.batch.segments {
            #expect(logProbs[segment.lowerBound].isNaN)
        }
        let worst = golden.scored.map { abs(Double(logProbs[$0]) - golden.logProbs[$0]) }.max() ?? 0
        #expect(worst < GoldenTests.logProbTolerance, "\(name)")
    }

    @Test(arguments: Golden.names)
    func gradientsAgree(_ name: String) async throws {
        let golden = try Golden(name)
        let found = try await onThread {
            let model = try TrainableTransformer(checkpoint: golden.checkpoint, workers: WorkerPool(threads: 2))
            _ = try model.forward(golden.batch)
            try model.backward(logProbGradients: golden.weights.map { -$0 / Float(golden.scored.count) })
            return model.withGradients { gradients in
                model.parameters.map { ($0.name, Array(gradients[$0.range])) }
            }
        }
        #expect(Set(found.map(\.0)) == golden.gradientNames)
        for (parameter, gradient) in found {
            let expected = try golden.gradient(parameter)
            let difference = zip(gradient, expected).map { Double($0) - Double($1) }
            #expect(
                norm(difference) <= GoldenTests.gradientTolerance * norm(expected.map(Double.init)),
                "\(name) \(parameter)")
            #expect(
                largest(difference) <= GoldenTests.gradientTolerance * largest(expected.map(Double.init)),
                "\(name) \(parameter)")
        }
    }

    @Test(arguments: Golden.names)
    func tenLossesAgree(_ name: String) async throws {
        let golden = try Golden(name)
        let losses = try await onThread {
            let workers = WorkerPool(threads: 1)
            let model = try TrainableTransformer(checkpoint: golden.checkpoint, workers: workers)
            let count = model.withValues { $0.count }
            let moments = (TensorBuffer(count: count), TensorBuffer(count: count))
            return try (1...10).map { step in
                let logProbs = try model.forward(golden.batch)
                model.zeroGradients()
                let slope = -1 / Float(golden.scored.count)
                try model.backward(logProbGradients: logProbs.map { _ in slope })
                GoldenTests.update(model, moments.0, moments.1, step: step, workers)
                return -golden.scored.reduce(0) { $0 + Double(logProbs[$1]) } / Double(golden.scored.count)
            }
        }
        for (loss, expected) in zip(losses, golden.losses) {
            #expect(abs(loss - expected) <= GoldenTests.lossTolerance * abs(expected), "\(name)")
        }
    }

    private static func update(
        _ model: TrainableTransformer, _ first: TensorBuffer, _ second: TensorBuffer, step: Int, _ workers: WorkerPool
    ) {
        model.withValues { values in
            model.withGradients { gradients in
                guard let values = values.baseAddress, let gradients = gradients.baseAddress else { return }
                for parameter in model.parameters {
                    let start = parameter.range.lowerBound
                    adamWUpdate(
                        parameters: values + start, gradients: gradients + start,
                        firstMoments: first.baseAddress + start,
                        secondMoments: second.baseAddress + start, count: parameter.range.count, learningRate: 3e-3,
                        beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: parameter.decays ? 0.1 : 0, step: step,
                        gradientScale: 1, workers: workers)
                }
            }
        }
        model.parametersDidChange()
    }

    private func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    private func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }
}

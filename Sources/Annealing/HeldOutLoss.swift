import Corpora
import Transformers

/// The plain next-token loss of a held-out corpus: every segment once, its mean over all scored tokens in f64.
package struct HeldOutLoss {
    package struct Result: Sendable, Equatable {
        package var loss: Double
        package var scoredTokens: Int
    }

    private let corpus: Corpus
    private let plan: EpochPlan
    private let windowsPerForward: Int

    package init(_ corpus: Corpus, windowsPerForward: Int) throws {
        self.corpus = corpus
        self.windowsPerForward = windowsPerForward
        plan = try corpus.plan(seed: 0, epoch: 0)
    }

    package var tokenCount: Int { plan.tokenCount }

    package func evaluate(
        stop: StopSignal, onProgress: (_ tokens: Int) -> Void = { _ in }, logProbs: (PackedBatch) throws -> [Float]
    ) throws -> Result {
        var sum = 0.0
        var scored = 0
        for start in stride(from: 0, to: plan.windowCount, by: windowsPerForward) {
            try stop.throwIfRequested()
            let range = start..<min(start + windowsPerForward, plan.windowCount)
            let windows = range.map { corpus.window(plan.window($0)) }
            let packed = PackedWindows(windows)
            for (window, logProbs) in zip(windows, packed.split(try logProbs(packed.batch))) {
                for position in logProbs.indices where window.scored[position] { sum -= Double(logProbs[position]) }
                scored += window.scoredTokens
            }
            onProgress(packed.batch.tokenIDs.count)
        }
        return Result(loss: sum / Double(scored), scoredTokens: scored)
    }
}

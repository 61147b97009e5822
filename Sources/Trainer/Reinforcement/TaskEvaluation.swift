import Corpora
import Foundation
import RandomNumbers
import Tasks
import Transformers

/// What is asked of a model.
package struct TaskEvaluationOptions: Sendable, Equatable, Codable {
    package var families = TaskFamilies.names
    /// Held-out problems of each family; fewer where it has not so many.
    package var problems = 100
    /// Completions drawn of each problem for pass@k; 0: greedy only.
    package var samples = 0
    package var passAt = 1
    package var temperature = 1.0
    package var maxNewTokens = 64
    package var seed: UInt64 = 0

    package init() {}
}

/// How a model does on one family.
package struct FamilyScore: Sendable, Equatable, Codable {
    package var family: String
    package var problems: Int
    /// Greedy completions with the right answer.
    package var correct: Int
    package var accuracy: Double
    /// 95 % interval of Wilson.
    package var low: Double
    package var high: Double
    package var passAtK: Double?
}

package struct TaskScores: Sendable, Equatable, Codable {
    package var families: [FamilyScore]
    /// Mean accuracy over families.
    package var accuracy: Double
    /// Mean over families.
    package var passAtK: Double?
    package var options: TaskEvaluationOptions
}

/// Greedy exact match, and pass@k, on held-out problems.
package struct TaskEvaluation {
    private static let sequencesAtOnce = 128

    private let options: TaskEvaluationOptions
    private let text: CompletionText

    package init(_ options: TaskEvaluationOptions, text: CompletionText) {
        precondition(options.samples == 0 || options.passAt <= options.samples, "pass@k needs k samples")
        self.options = options
        self.text = text
    }

    package func run(_ model: FrozenTransformer, onPass: () throws -> Void = {}) throws -> TaskScores {
        var problems: [TaskProblem] = []
        for name in options.families {
            problems += TaskFamilies.heldOut(
                try TaskFamilies.named(name), count: options.problems, seed: options.seed)
        }
        let prompts = try problems.map { try text.promptIDs($0.prompt) }
        let longest = prompts.map(\.count).max() ?? 1
        let decoder = model.makeDecoder(
            DecoderLimits(
                sequences: Self.sequencesAtOnce,
                maxTokens: longest + min(options.maxNewTokens, model.description.contextLength)))
        let greedy = try solved(problems, prompts, samples: 1, temperature: 0, decoder, onPass)
        let drawn =
            options.samples == 0
            ? nil
            : try solved(
                problems, prompts, samples: options.samples, temperature: options.temperature, decoder, onPass)
        return scores(problems, greedy: greedy, drawn: drawn)
    }

    /// How many of each problem's completions are right.
    private func solved(
        _ problems: [TaskProblem], _ prompts: [[Int32]], samples: Int, temperature: Double, _ decoder: Decoder,
        _ onPass: () throws -> Void
    ) throws -> [Int] {
        let requests = prompts.enumerated().flatMap { number, prompt in
            (0..<samples).map {
                GenerationRequest(prompt: prompt, seed: SplitMix64.mix(options.seed, UInt64(number), UInt64($0)))
            }
        }
        let found = try decoder.generate(
            requests, text.options(maxNewTokens: options.maxNewTokens, temperature: temperature), onPass: onPass)
        var solved = [Int](repeating: 0, count: problems.count)
        for (index, generation) in found.enumerated()
        where problems[index / samples].accepts(try text.text(generation)) { solved[index / samples] += 1 }
        return solved
    }

    private func scores(_ problems: [TaskProblem], greedy: [Int], drawn: [Int]?) -> TaskScores {
        let families = options.families.map { name in
            let own = problems.indices.filter { problems[$0].family == name }
            let correct = own.reduce(0) { $0 + greedy[$1] }
            let interval = WilsonInterval(successes: correct, of: own.count)
            let pass = drawn.map { drawn -> Double in
                let sum = own.map { Self.passAtK(options.passAt, correct: drawn[$0], of: options.samples) }.reduce(0, +)
                return sum / Double(own.count)
            }
            return FamilyScore(
                family: name, problems: own.count, correct: correct,
                accuracy: Double(correct) / Double(own.count), low: interval.low, high: interval.high, passAtK: pass)
        }
        let count = Double(families.count)
        let accuracy = families.map(\.accuracy).reduce(0, +) / count
        let pass = families.compactMap(\.passAtK).reduce(0, +) / count
        return TaskScores(
            families: families, accuracy: accuracy, passAtK: drawn == nil ? nil : pass, options: options)
    }

    /// 1 - C(n - c, k) / C(n, k): the chance that one of k of the n samples is right, without bias (Chen et al. 2021, arXiv 2107.03374).
    package static func passAtK(_ k: Int, correct: Int, of samples: Int) -> Double {
        guard samples - correct >= k else { return 1 }
        var miss = 1.0
        for index in samples - correct + 1..<samples + 1 { miss *= 1 - Double(k) / Double(index) }
        return 1 - miss
    }
}

/// The 95 % interval of a share (Wilson 1927). 0 to 1 where nothing was tried.
package struct WilsonInterval: Sendable, Equatable {
    package let low: Double
    package let high: Double

    package init(successes: Int, of trials: Int) {
        guard trials > 0 else {
            (low, high) = (0, 1)
            return
        }
        let z = 1.959963984540054
        let n = Double(trials)
        let share = Double(successes) / n
        let scale = 1 + z * z / n
        let center = (share + z * z / (2 * n)) / scale
        let variance = share * (1 - share) / n + z * z / (4 * n * n)
        let half = z * variance.squareRoot() / scale
        (low, high) = (max(0, center - half), min(1, center + half))
    }
}

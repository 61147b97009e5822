import Corpora
import Foundation
import RandomNumbers
import Tasks
import Transformers

/// What is asked of a model in an evaluation on tasks. With the model and its tokenizer it decides the scores.
package struct TaskEvaluationOptions: Sendable, Equatable, Codable {
    /// Names of the families whose problems are asked.
    package var families = TaskFamilies.names
    /// Held-out problems of each family; fewer where it has not so many.
    package var problems = 100
    /// Completions drawn of each problem for pass@k; 0: greedy only.
    package var samples = 0
    /// k of pass@k, at most `samples`; not read where nothing is drawn.
    package var passAt = 1
    /// Temperature at which completions are drawn for pass@k; the others are greedy.
    package var temperature = 1.0
    /// Longest completion in tokens.
    package var maxNewTokens = 64
    /// Seed of the problems and of what is drawn.
    package var seed: UInt64 = 0

    package init() {}
}

/// Scores of a model on one task family.
package struct FamilyScore: Sendable, Equatable, Codable {
    /// Name of the family.
    package var family: String
    /// Problems that were asked; fewer than wished for where the family has not so many.
    package var problems: Int
    /// Problems whose greedy completion has the right answer.
    package var correct: Int
    /// Share of the problems whose greedy completion has the right answer.
    package var accuracy: Double
    /// Lower end of the 95 % interval of Wilson around the accuracy.
    package var low: Double
    /// Upper end of the 95 % interval of Wilson around the accuracy.
    package var high: Double
    /// Estimate of pass@k, mean over the problems; nil where nothing was drawn.
    package var passAtK: Double?
    /// Share of a problem's drawn completions that are different texts, mean over the problems: 1 / samples where all are the same, 1 where no
    /// two are. nil where nothing was drawn, and in scores of before this was measured.
    package var distinctShare: Double?
    /// Nats of the right completion, steps and answer, given the prompt: -log p summed over its tokens, mean over the problems. nil
    /// where one does not fit the model's context, and in scores of before this was measured.
    package var goldNats: Double?
}

/// Scores of a model on all families that were asked, and what was asked.
package struct TaskScores: Sendable, Equatable, Codable {
    /// Scores by family, in the order of the options.
    package var families: [FamilyScore]
    /// Mean accuracy over families, each counting the same.
    package var accuracy: Double
    /// Mean of pass@k over families, each counting the same; nil where nothing was drawn.
    package var passAtK: Double?
    /// Mean of the shares of different completions over families, each counting the same; nil where nothing was drawn.
    package var distinctShare: Double?
    /// Mean of the right completions' nats over families, each counting the same; nil where a family has none.
    package var goldNats: Double?
    /// Options of the evaluation that gave the scores.
    package var options: TaskEvaluationOptions
}

/// An evaluation on held-out problems: greedy exact match of the answer, and pass@k.
package struct TaskEvaluation {
    /// More at a time are not faster.
    private static let sequencesAtOnce = 128

    private let options: TaskEvaluationOptions
    private let text: CompletionText
    private let memory: DecodingMemory

    /// `passAt` is at most `samples`, where any are drawn.
    ///
    /// - Parameter memory: in which completions are drawn; where it is small, fewer are drawn at a time.
    package init(_ options: TaskEvaluationOptions, text: CompletionText, memory: DecodingMemory = .unlimited) {
        precondition(options.samples == 0 || options.passAt <= options.samples, "pass@k needs k samples")
        self.options = options
        self.text = text
        self.memory = memory
    }

    /// Asks a model all problems: how likely it finds the right completion, once greedily, then `samples` times each at the temperature.
    ///
    /// - Parameters:
    ///   - onPass: called between the decoder's passes with the number of completions that are whole, and of all that will be drawn;
    ///     what it throws ends the evaluation.
    ///   - onNothingRight: told why, where not one greedy completion has the right answer.
    /// - Throws: `TaskError.unknownFamily`; `ReinforcementError.noRoom`; what `onPass`, the tokenizer or the decoder throws.
    package func run(
        _ model: FrozenTransformer, onPass: (_ completed: Int, _ total: Int) throws -> Void = { _, _ in },
        onNothingRight: (NothingRight) -> Void = { _ in }
    ) throws -> TaskScores {
        var problems: [TaskProblem] = []
        for name in options.families {
            problems += TaskFamilies.heldOut(
                try TaskFamilies.named(name), count: options.problems, seed: options.seed)
        }
        let gold = try CompletionNats(text).nats(problems.map { ($0.prompt, $0.solution) }, model).map { $0?.sum }
        let prompts = try problems.map { try text.promptIDs($0.prompt) }
        let longest = prompts.map(\.count).max() ?? 1
        let decoder = model.makeDecoder(
            try memory.limits(
                sequences: min(problems.count * max(1, options.samples), Self.sequencesAtOnce),
                maxTokens: min(longest + options.maxNewTokens, model.description.contextLength),
                cacheBytes: model.cacheBytes))
        let total = problems.count * (1 + options.samples)
        let greedy = try solved(
            problems, prompts, samples: 1, temperature: 0, decoder, onPass: { try onPass($0, total) },
            onNothingRight: onNothingRight)
        let drawn =
            options.samples == 0
            ? nil
            : try solved(
                problems, prompts, samples: options.samples, temperature: options.temperature, decoder,
                onPass: { try onPass(problems.count + $0, total) })
        return scores(problems, greedy: greedy, drawn: drawn, gold: gold)
    }

    /// What was drawn for one problem.
    private struct Drawn {
        /// Completions with the right answer.
        var correct = 0
        /// Completions that are different texts.
        var distinct: Set<String> = []
    }

    /// How many of each problem's completions are right, and which differ.
    private func solved(
        _ problems: [TaskProblem], _ prompts: [[Int32]], samples: Int, temperature: Double, _ decoder: Decoder,
        onPass: (Int) throws -> Void, onNothingRight: (NothingRight) -> Void = { _ in }
    ) throws -> [Drawn] {
        let requests = prompts.enumerated().flatMap { number, prompt in
            (0..<samples).map {
                GenerationRequest(prompt: prompt, seed: SplitMix64.mix(options.seed, UInt64(number), UInt64($0)))
            }
        }
        let found = try decoder.generate(
            requests, text.options(maxNewTokens: options.maxNewTokens, temperature: temperature), onPass: onPass)
        var solved = [Drawn](repeating: Drawn(), count: problems.count)
        let attempts = try found.enumerated().map { index, generation in
            Attempt(prompt: problems[index / samples].prompt, completion: try text.text(generation))
        }
        for (index, attempt) in attempts.enumerated() {
            solved[index / samples].distinct.insert(attempt.completion)
            if problems[index / samples].accepts(attempt.completion) { solved[index / samples].correct += 1 }
        }
        if !attempts.isEmpty, solved.allSatisfy({ $0.correct == 0 }) {
            onNothingRight(
                NothingRight(attempts, finished: found.count(where: \.isFinished), maxNewTokens: options.maxNewTokens))
        }
        return solved
    }

    private func scores(_ problems: [TaskProblem], greedy: [Drawn], drawn: [Drawn]?, gold: [Double?]) -> TaskScores {
        let families = options.families.map { name in
            let own = problems.indices.filter { problems[$0].family == name }
            let correct = own.reduce(0) { $0 + greedy[$1].correct }
            let interval = WilsonInterval(successes: correct, of: own.count)
            let pass = drawn.map { drawn -> Double in
                let sum = own.map { Self.passAtK(options.passAt, correct: drawn[$0].correct, of: options.samples) }
                    .reduce(0, +)
                return sum / Double(own.count)
            }
            let distinct = drawn.map { drawn in
                own.map { Double(drawn[$0].distinct.count) }.reduce(0, +) / Double(own.count * options.samples)
            }
            return FamilyScore(
                family: name, problems: own.count, correct: correct,
                accuracy: Double(correct) / Double(own.count), low: interval.low, high: interval.high, passAtK: pass,
                distinctShare: distinct, goldNats: Self.mean(own.map { gold[$0] }))
        }
        let count = Double(families.count)
        let accuracy = families.map(\.accuracy).reduce(0, +) / count
        let pass = families.compactMap(\.passAtK).reduce(0, +) / count
        return TaskScores(
            families: families, accuracy: accuracy, passAtK: drawn == nil ? nil : pass,
            distinctShare: Self.mean(families.map(\.distinctShare)), goldNats: Self.mean(families.map(\.goldNats)),
            options: options)
    }

    /// nil where there is no value, or not all are known.
    private static func mean(_ values: [Double?]) -> Double? {
        let known = values.compactMap(\.self)
        return known.isEmpty || known.count < values.count ? nil : known.reduce(0, +) / Double(known.count)
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
    /// Lower end of the interval, 0 or more.
    package let low: Double
    /// Upper end of the interval, at most 1.
    package let high: Double

    /// Interval of the share `successes / trials`; 0 to 1 where nothing was tried.
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

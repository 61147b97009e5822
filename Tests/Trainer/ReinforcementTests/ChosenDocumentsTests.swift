import Checkpoints
import Foundation
import Reinforcement
import Sequences
import Tasks
import Tensors
import Testing
import Transformers

/// A corpus of which a checkpoint chooses or writes documents.
struct ChosenDocumentsTests {
    private static let count = 600

    private let tasks: TinyTasks
    private let model: FrozenTransformer
    private let stream: TaskStream

    init() throws {
        tasks = try TinyTasks()
        model = try FrozenTransformer(
            checkpoint: Checkpoint(directory: tasks.tuned), workers: WorkerPool(threads: 1))
        stream = TaskStream(
            try TaskMix(reasoningShare: 0.6, families: [TinyTasks.family], wrongShare: 0.3), seed: 9)
    }

    private var all: [TaskDocument] { (0..<Self.count).map(stream.document) }

    private func read(_ chosen: ChosenDocuments) throws -> [TaskDocument] {
        var chosen = chosen
        var read: [TaskDocument] = []
        while let document = try chosen.next() { read.append(document) }
        return read
    }

    @Test func nothingIsLeftOutUnasked() throws {
        #expect(try read(ChosenDocuments(stream, count: Self.count)) == all)
    }

    /// Kept problems of the same families stand where others are left out: as much of everything, and the same each time.
    @Test(arguments: [0.3, 0.8]) func keptProblemsStandInPlaceOfOthers(_ wrongShare: Double) throws {
        let families = ["sorting", "brackets", "reversal"]
        let stream = TaskStream(
            try TaskMix(reasoningShare: 0.65, families: families, wrongShare: wrongShare), seed: 12)
        let count = 4000
        let all = (0..<count).map(stream.document)
        let right = try read(ChosenDocuments(stream, count: count, dropsWrong: true))
        #expect(right.map(\.family) == all.map(\.family) && right.allSatisfy { !$0.isWrong })
        #expect(zip(right, all).allSatisfy { $0 == $1 || $1.isWrong })
        for family in families {
            let kept = all.filter { $0.family == family && !$0.isWrong }
            let again = zip(right, all).filter { $1.family == family && $1.isWrong }.map(\.0)
            #expect(again == again.indices.map { kept[$0 % kept.count] } && again.count > 100)
        }
        let (written, without) = (Self.tokens(right), Self.tokens(all))
        #expect(abs(written / without - 1) < 0.01, "\(written) of \(without)")
        #expect(try read(ChosenDocuments(stream, count: count, dropsWrong: true)) == right)
    }

    /// As many as `TaskAlphabet` has: one a character, one at the end.
    private static func tokens(_ documents: [TaskDocument]) -> Double {
        Double(documents.reduce(0) { $0 + $1.text.count + 1 })
    }

    /// Where a family is left out whole, problems of the others stand in its place; where all are, nothing can.
    @Test func whatIsLeftOutWholeIsOfOthersOrAnError() throws {
        let stream = TaskStream(try TaskMix(reasoningShare: 0.6, families: ["sorting", "brackets"]), seed: 3)
        let all = (0..<Self.count).map(stream.document)
        var chosen = ChosenDocuments(stream, count: Self.count)
        chosen.dropped = Set(all.indices.filter { all[$0].family == "sorting" })
        let brackets = try read(chosen)
        #expect(brackets.map(\.domain) == all.map(\.domain))
        #expect(brackets.allSatisfy { $0.family != "sorting" })
        // Filler is no problem, and stays.
        chosen.dropped = Set(all.indices)
        let problems = all.count { $0.domain == .reasoning }
        #expect(throws: ReinforcementError.nothingKept(problems: problems)) { try read(chosen) }
        let filler = TaskStream(try TaskMix(reasoningShare: 0), seed: 3)
        #expect(try read(ChosenDocuments(filler, count: 20, dropsWrong: true)) == (0..<20).map(filler.document))
    }

    /// The search for kept problems can be stopped, as the reading can.
    @Test func theReadingCanBeStopped() throws {
        struct Stopped: Error {}
        for most in [0, 2 * Self.count / 3] {
            var chosen = ChosenDocuments(stream, count: Self.count, dropsWrong: true)
            var seen = 0
            chosen.onDocument = {
                seen += 1
                if seen > most { throw Stopped() }
            }
            #expect(throws: Stopped.self) { try read(chosen) }
        }
    }

    /// The ones left out are those with the most nats a token, each scored by a pass of its own.
    @Test func theLeastLikelyAreLeftOut() throws {
        let likely = try LikelyDocuments(stream, count: Self.count, dropping: 0.25, by: model, text: tasks.text)
        let problems = all.indices.filter { all[$0].domain == .reasoning }
        let nats = try problems.map { place -> Double in
            let (prompt, completion) = try (
                tasks.text.promptIDs(all[place].prompt), tasks.text.completionIDs(all[place].completion)
            )
            let logProbs = try model.logProbs(PackedBatch(segments: [prompt + completion]))
            return -logProbs[prompt.count...].reduce(0.0) { $0 + Double($1) } / Double(completion.count)
        }
        let dropped = zip(problems, nats).sorted { ($0.1, $0.0) > ($1.1, $1.0) }.prefix(problems.count / 4).map(\.0)
        #expect(likely.dropped == Set(dropped) && likely.problems == problems.count)
        #expect(likely.wrong == all.count(where: \.isWrong))
        #expect(likely.wrongDropped == dropped.count { all[$0].isWrong })
        // A tuned model finds wrong answers less likely than right ones: better than chance.
        #expect(Double(likely.wrongDropped) > 0.5 * Double(dropped.count), "\(likely.wrongDropped) of \(dropped.count)")
        var chosen = ChosenDocuments(stream, count: Self.count)
        chosen.dropped = likely.dropped
        let kept = try read(chosen)
        let left = Set(all.indices).subtracting(dropped).map { all[$0].text }
        #expect(kept.map(\.domain) == all.map(\.domain) && Set(kept.map(\.text)) == Set(left))
    }

    /// What a checkpoint writes is right, its own, and the same each time; all else stays where it was.
    @Test func tracesAreVerified() throws {
        func traced(_ share: Double) throws -> [TaskDocument] {
            var chosen = ChosenDocuments(stream, count: Self.count)
            chosen.tracesShare = share
            chosen.traces = try VerifiedTraces(stream, of: model, text: tasks.text, maxNewTokens: 32, temperature: 1)
            return try read(chosen)
        }
        let half = try traced(0.5)
        #expect(half.count == Self.count && half.map(\.domain) == all.map(\.domain))
        #expect(try traced(0.5) == half)
        let own = zip(half, all).filter { $0.0 != $0.1 }.map(\.0)
        let problems = all.count { $0.domain == .reasoning }
        // Five standard deviations of a share of a half.
        #expect(abs(Double(own.count) / Double(problems) - 0.5) < 5 * 0.5 / Double(problems).squareRoot())
        for document in own {
            #expect(TaskFamilies.problem(prompt: document.prompt)?.accepts(document.completion) == true)
            #expect(!document.isWrong && document.completion.hasSuffix("\n"))
        }
        #expect(try traced(1).allSatisfy { !$0.isWrong })
    }

    /// A checkpoint that answers nothing right is given up, and the draw can be stopped.
    @Test func nothingVerifiedIsAnError() throws {
        let sums = TaskStream(try TaskMix(reasoningShare: 1, families: ["multiplication"]), seed: 1)
        var traces = try VerifiedTraces(sums, of: model, text: tasks.text, maxNewTokens: 4, temperature: 1)
        #expect(throws: ReinforcementError.nothingVerified(completions: 4096)) { try traces.document() }
        struct Stopped: Error {}
        #expect(throws: Stopped.self) { try traces.document { throw Stopped() } }
    }

    @Test func samplesTellHowManyDiffer() throws {
        var options = TaskEvaluationOptions()
        options.families = [TinyTasks.family]
        options.problems = 60
        options.maxNewTokens = 32
        #expect(try TaskEvaluation(options, text: tasks.text).run(model).distinctShare == nil)
        options.samples = 4
        options.temperature = 0.001
        #expect(try TaskEvaluation(options, text: tasks.text).run(model).distinctShare == 0.25)
        options.temperature = 1
        let share = try #require(try TaskEvaluation(options, text: tasks.text).run(model).distinctShare)
        #expect(share > 0.25 && share <= 1)
    }
}

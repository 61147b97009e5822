import Annealing
import Corpora
import Foundation
import Testing
import TestSupport
import Training

/// What goes by the held-out loss: the best student, and a run that ends where it gets worse.
struct LowestHeldOutLossTests {
    @Test func onlyALowerLossIsTheLowest() {
        var lowest = LowestHeldOutLoss(loss: 3, step: 0)
        for (loss, step) in [(3.0, 2), (.nan, 4), (2.5, 6), (2.5, 8), (2.6, 10)] {
            lowest = lowest.after(loss: loss, step: step)
        }
        #expect(lowest.loss == 2.5 && lowest.step == 6 && lowest.worseSince == 2)
    }

    /// A run that gets better, goes up and down, or soon gets worse, by its rate.
    private static let rates = [0.01, 0.08, 0.4]

    private func tiny(rate: Double = rates[2]) throws -> TinyRun {
        let run = try TinyRun(steps: 12)
        run.options.evaluateEvery = 1
        run.options.schedule = LearningRateSchedule(.constant, peak: rate)
        run.options.gradientClip = 0
        run.options.keepBest = true
        run.saveEvery = 2
        return run
    }

    private func losses(_ outcome: TinyRun.Outcome) -> [(step: Int, loss: Double)] {
        outcome.log.compactMap {
            if case .evaluation(let record) = $0 { (record.step, record.heldOutLoss) } else { nil }
        }
    }

    private func best(_ run: TinyRun, _ name: String) throws -> String {
        try String(contentsOfFile: run.directory.file(name + "/best-step"), encoding: .utf8)
    }

    @Test(arguments: rates) func theBestStudentIsKeptWheneverItIsResumed(_ rate: Double) throws {
        let run = try tiny(rate: rate)
        let written = Box<[Int]>([])
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true) {
            written.value.append($0.step)
            #expect($0.lowestHeldOutLoss?.step == $0.step)
        }
        let all = losses(whole)
        let lowest = try #require(all.min { $0.loss < $1.loss })
        #expect(try best(run, "whole") == "\(lowest.step)")
        #expect(written.value == all.indices.filter { index in all[..<index].allSatisfy { $0.loss > all[index].loss } })
        #expect(whole.state.lowestHeldOutLoss?.loss == lowest.loss)
        #expect(rate != Self.rates[0] || written.value.count > 2, "\(all)")

        // Killed behind each step, up to two steps behind its last checkpoint, with the best student of a step that is still to come.
        for step in [1, 4, 5, 8, 11] {
            _ = try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, stopAfter: step)
            let checkpoints = run.directory.file("cut/checkpoints")
            if step % 2 == 1, step > 2 {
                try FileManager.default.removeItem(
                    atPath: checkpoints + String(format: "/step-%08d.safetensors", step))
            }
            let resumed = try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
            let isSame = resumed.weights == whole.weights && resumed.log == whole.log
            #expect(isSame && resumed.state.lowestHeldOutLoss == whole.state.lowestHeldOutLoss)
            #expect(try best(run, "cut") == "\(lowest.step)", "step \(step)")
            try FileManager.default.removeItem(atPath: run.directory.file("cut"))
        }
    }

    /// From a checkpoint whose lowest loss is of its own step or of one before, on with a rate that makes every student worse.
    @Test(arguments: [rates[1]], [4, 6, 8])
    func aWorseStudentNeverTakesThePlaceOfTheBest(_ rate: Double, _ step: Int) throws {
        let run = try tiny(rate: rate)
        run.keep = 9
        let whole = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true)
        let before = try #require(losses(whole).filter { $0.step <= step }.min { $0.loss < $1.loss })
        let kept = try #require(losses(whole).min { $0.loss < $1.loss })

        run.options.schedule = LearningRateSchedule(.constant, peak: 1)
        run.permissions.learningRateChange = true
        let written = Box<[Int]>([])
        let worse = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resumeFrom: step) {
            written.value.append($0.step)
        }
        let after = losses(worse).filter { $0.step > step }
        try #require(after.count == 12 - step && after.allSatisfy { $0.loss > before.loss }, "\(before) \(after)")
        #expect(worse.state.lowestHeldOutLoss?.step == before.step)
        // The one that is kept stays, or is of a later step and is set aside; the checkpoint's own is written where it is the best.
        let isLater = kept.step > step
        let isOwn = before.step == step
        #expect(written.value == (isOwn && isLater ? [step] : []))
        let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.file("run"))
        #expect(names.contains("best-step.set-aside") == isLater && names.contains("best-step") == (isOwn || !isLater))
        if isOwn || !isLater { #expect(try best(run, "run") == "\(before.step)") }
    }

    /// Losses of two corpora are not compared: neither that of before, if lower, nor a first one that is lower than it decides.
    @Test func anotherHeldOutCorpusBeginsAnew() throws {
        let run = try tiny(rate: Self.rates[0])
        run.heldOutCorpus = run.corpus
        let first = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, stopAfter: 6)
        let kept = try #require(first.state.lowestHeldOutLoss)
        run.heldOutCorpus = Corpus(
            try TinyRun.tokens(run.directory.file("other"), documents: 30, seed: 5),
            sequenceLength: TinyRun.contextLength)
        #expect(throws: TrainingError.self) {
            try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        }
        run.permissions.corpusChange = true
        let second = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        // The stop was within the loss of step 6, which is the first one by the other corpus.
        let after = losses(second).filter { $0.step >= 6 }
        let lowest = try #require(after.min { $0.loss < $1.loss })
        #expect(after.count == 7 && second.state.changes.map(\.what) == ["evaluationCorpus"])
        #expect(second.state.lowestHeldOutLoss?.loss == lowest.loss)
        #expect(try best(run, "run") == "\(lowest.step)")
        let setAside = try String(contentsOfFile: run.directory.file("run/best-step.set-aside"), encoding: .utf8)
        #expect(setAside == "\(kept.step)")
    }

    /// A process that was killed while it wrote the best student: behind its last checkpoint, on a branch that the resumed run may leave.
    @Test(arguments: [4, 6])
    func aBestStudentThatIsNotWholeIsSetAside(_ step: Int) throws {
        let run = try tiny(rate: Self.rates[0])
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true)
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, stopAfter: step)
        try run.directory.write("cut/best-step", Array("half".utf8))
        let resumed = try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        #expect(try best(run, "cut") == best(run, "whole"))
        #expect(try String(contentsOfFile: run.directory.file("cut/best-step.set-aside"), encoding: .utf8) == "half")
        let isSame = resumed.weights == whole.weights
        #expect(isSame)
    }

    @Test func aStudentIsWholeWhereItsLineageIs() throws {
        let run = try tiny()
        let path = run.directory.file("best")
        #expect(BestStudent.step(in: path) == nil)
        try run.directory.write("best/config.json", Array("{}".utf8))
        #expect(BestStudent.step(in: path) == .max)
        var state = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        state.step = 7
        let lineage = RunLineage(
            version: "0", command: "anneal", student: "student", corpus: [], mix: nil, teacher: nil, servers: nil,
            logprobsFrom: nil, weightsAt: nil, ignoredConfigFields: nil, state: state)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try run.directory.write("best/remit.json", encoder.encode(lineage))
        #expect(BestStudent.step(in: path) == 7)
    }

    @Test func aRunThatGetsWorseEndsAndResumesToThat() throws {
        let run = try tiny()
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true)
        let all = losses(whole)
        run.options.stopAfterWorse = 2
        let ended = try run.run("ended", teacher: ModelTeacher(seed: 9), heldOut: true)
        let lowest = try #require(ended.state.lowestHeldOutLoss)
        #expect(lowest.worseSince == 2 && ended.state.step < 12 && !ended.interrupted)
        // The first place at which two losses in a row are not below the lowest before them.
        let expected = try #require(
            all.indices.first { index in
                index >= 2
                    && all[index - 1...index].allSatisfy { worse in
                        all[..<(index - 1)].contains { $0.loss <= worse.loss }
                    }
            })
        #expect(ended.state.step == all[expected].step)
        #expect(ended.log == Array(whole.log.prefix(ended.log.count)))

        let again = try run.run("ended", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        #expect(again.state == ended.state && again.log == ended.log)
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, stopAfter: ended.state.step - 1)
        let resumed = try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        let isSame = resumed.weights == ended.weights && resumed.log == ended.log
        #expect(isSame)
        run.options.stopAfterWorse = 3
        #expect {
            try run.run("ended", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        } throws: { "\($0)".contains("the option stopAfterWorse was 2 and is now 3") }
    }

    /// As the error of a damaged log advises: the held-out loss of the checkpoint's own step is not taken again, nor counted.
    @Test func aLogThatWasMovedAwayChangesNothingOfTheEnd() throws {
        let run = try tiny()
        run.options.stopAfterWorse = 3
        run.saveEvery = 1
        run.keep = 9
        let whole = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true)
        let end = whole.state.step
        try #require(end >= 2 && end < 12 && whole.state.lowestHeldOutLoss?.worseSince == 3)
        try FileManager.default.moveItem(
            atPath: run.directory.file("run/log.jsonl"), toPath: run.directory.file("damaged.jsonl"))
        let resumed = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resumeFrom: end - 1)
        #expect(resumed.state == whole.state)
        #expect(resumed.log == whole.log.filter { $0.step == end })
        let isSame = resumed.weights == whole.weights
        #expect(isSame)
    }

    /// Runs of before have neither, and write neither.
    @Test func statesOfBeforeAreReadAndWrittenAlike() throws {
        let run = try TinyRun()
        let state = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        let json = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
        for field in [
            "lowestHeldOutLoss", "lastEvaluation", "nextTokenSteps", "keepBest", "stopAfterWorse", "emaDecay",
            "parameterGroups",
        ] {
            #expect(!json.contains(field))
        }
        #expect(try JSONDecoder().decode(RunState.self, from: Data(json.utf8)) == state)
    }

    @Test func aRunThatCannotKnowWhetherItGetsWorseIsRefused() throws {
        let run = try tiny()
        run.options.evaluateEvery = 0
        run.options.stopAfterWorse = 1
        #expect(throws: TrainingError.self) { try run.options.validate() }
        run.options.evaluateEvery = 1
        try run.options.validate()
        run.options.stopAfterWorse = 0
        #expect(throws: TrainingError.self) { try run.options.validate() }
    }
}

private final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
}

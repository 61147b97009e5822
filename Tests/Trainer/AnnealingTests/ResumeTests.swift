import Annealing
import Checkpoints
import Corpora
import Foundation
import Tensors
import Testing
import TestSupport
import TokenWeights
import Training
import Transformers

struct ResumeTests {
    private func tiny() throws -> TinyRun {
        let run = try TinyRun(steps: 7)
        run.options.evaluateEvery = 2
        run.saveEvery = 2
        return run
    }

    @Test(arguments: [(1, 1), (2, 2), (1, 2), (2, 1)])
    func anInterruptedRunEndsWithTheSameBits(_ before: Int, _ after: Int) throws {
        let run = try tiny()
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true)
        let first = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: before, heldOut: true, stopAfter: 3)
        #expect(first.interrupted)
        #expect(first.steps.count == 3)
        let second = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: after, heldOut: true, resume: true)
        #expect(second.weights == whole.weights)
        #expect(second.log == whole.log)
        #expect(!second.interrupted)
    }

    @Test func aRunInBF16ResumesInBF16WithTheSameBits() throws {
        let run = try tiny()
        let inF32 = try run.run("f32", teacher: ModelTeacher(seed: 9), heldOut: true)
        run.options.precision = .bf16
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true)
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: 2, heldOut: true, stopAfter: 3)
        run.options.precision = .f32
        #expect {
            try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        } throws: { error in
            guard case TrainingError.changedOnResume("the option precision", "bf16", "f32", _) = error else {
                return false
            }
            return true
        }
        run.options.precision = .bf16
        let second = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: 3, heldOut: true, resume: true)
        #expect(second.weights == whole.weights && second.log == whole.log)
        // Another run than in f32, yet near it.
        #expect(whole.weights != inF32.weights)
        for (loss, expected) in zip(whole.steps.map(\.loss), inF32.steps.map(\.loss)) {
            #expect(abs(loss - expected) < 0.02 * expected)
        }
    }

    @Test func parameterGroupsResumeWithTheSameBitsAndAreRefusedOtherwise() throws {
        let run = try tiny()
        let plain = try run.run("plain", teacher: ModelTeacher(seed: 9))
        run.options.optimizer.beta1 = 0.8
        run.options.optimizer.parameterGroups = [
            try ParameterGroup(parsing: "*norm* learning-rate=0.5x"),
            try ParameterGroup(parsing: "model.embed_tokens.weight weight-decay=0.2"),
        ]
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9))
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: 2, stopAfter: 3)
        let groups = run.options.optimizer.parameterGroups
        run.options.optimizer.parameterGroups = groups.map { Array($0.prefix(1)) }
        #expect {
            try run.run("cut", teacher: ModelTeacher(seed: 9), resume: true)
        } throws: { error in
            guard case TrainingError.changedOnResume("the option optimizer.parameterGroups", let was, _, _) = error
            else {
                return false
            }
            return was.contains("model.embed_tokens.weight learning-rate=1.0x weight-decay=0.2")
        }
        run.options.optimizer.parameterGroups = groups
        let second = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: 3, resume: true)
        #expect(second.weights == whole.weights && second.log == whole.log)
        #expect(whole.weights != plain.weights)
    }

    /// Stopped behind each step, in the order of the files and in phases, alone and together.
    @Test(arguments: CorpusOrder.allCases, [false, true])
    func everyOrderAndPhaseIsResumedExactly(_ order: CorpusOrder, _ hasPhases: Bool) throws {
        guard order == .files || hasPhases else { return }
        let run = try tiny()
        run.saveEvery = 0
        run.options.order = order
        let tokens = try TinyRun.tokens(run.directory.file("ordered"), documents: 60)
        run.corpus = Corpus(tokens, sequenceLength: TinyRun.contextLength, order: order)
        if hasPhases {
            let other = try TinyRun.tokens(run.directory.file("more"), documents: 60, seed: 8)
            run.corpus = Corpus(
                mixing: [
                    CorpusSource(name: "a", weight: 1, tokens: tokens),
                    CorpusSource(name: "b", weight: 1, tokens: other),
                ], sequenceLength: TinyRun.contextLength, order: order,
                phases: [CorpusPhase(tokens: 400, weights: [3, 1]), CorpusPhase(tokens: 500, weights: [0, 1])])
        }
        run.options.totalSteps = try WindowStream.stepCount(run.corpus, seed: 3, epochs: 1, windows: 4)
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9))
        #expect(whole.steps.count == run.options.totalSteps && run.options.totalSteps > 5)
        #expect(whole.steps.map(\.phase).contains(2) == hasPhases)
        for step in 1..<run.options.totalSteps {
            let name = "cut-\(step)"
            _ = try run.run(name, teacher: ModelTeacher(seed: 9), stopAfter: step)
            let resumed = try run.run(name, teacher: ModelTeacher(seed: 9), resume: true)
            let isSame = resumed.weights == whole.weights && resumed.log == whole.log
            #expect(isSame, "\(step)")
        }
    }

    /// A killed run leaves a log that is ahead of its last checkpoint, half a line, and a half-written checkpoint.
    @Test func aKilledRunEndsWithTheSameBits() throws {
        let run = try tiny()
        run.keep = 10
        let whole = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true)
        let path = run.directory.file("run")
        let checkpoints = path + "/checkpoints"
        for step in [4, 6, 7] {
            try FileManager.default.removeItem(atPath: checkpoints + "/step-0000000\(step).safetensors")
        }
        for name in [".step-00000004.safetensors.1-a.tmp", "mine.tmp", "folder.tmp/x"] {
            try run.directory.write("run/checkpoints/" + name, "half".utf8)
        }
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/log.jsonl"))
        try log.seekToEnd()
        try log.write(contentsOf: Data(#"{"kind":"step","loss":1."#.utf8))
        try log.close()

        let resumed = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true)
        #expect(resumed.weights == whole.weights)
        #expect(resumed.log == whole.log)
        let left = try FileManager.default.subpathsOfDirectory(atPath: checkpoints).filter { $0.contains(".tmp") }
        #expect(Set(left) == ["mine.tmp", "folder.tmp", "folder.tmp/x"], "what is not the run's stays")
    }

    /// The last step has no export: it is the result.
    @Test func theStudentIsExportedOnItsWayAlsoAcrossAnInterruption() throws {
        let run = try tiny()
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9), exportEvery: 1)
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), stopAfter: 3, exportEvery: 1)
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), resume: true, exportEvery: 1)
        for step in 1...6 {
            let weights = ["whole", "cut"].map {
                FileManager.default.contents(
                    atPath: run.directory.file($0) + "/exports/step-0000000\(step)/model.safetensors")
            }
            let same = weights[0] != nil && weights[0] == weights[1]
            #expect(same, "step \(step)")
        }
        let count = try FileManager.default.contentsOfDirectory(atPath: run.directory.file("whole/exports")).count
        #expect(count == 6 && whole.steps.count == 7)
    }

    /// Stopped within the held-out loss of a step whose export comes behind it.
    @Test(arguments: [2, 4, 6]) func aStopWithinAHeldOutLossLosesNoExport(_ step: Int) throws {
        let run = try tiny()
        _ = try run.run("whole", teacher: ModelTeacher(seed: 9), heldOut: true, exportEvery: 2)
        let cut = try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, stopAfter: step, exportEvery: 2)
        func export(_ name: String, _ step: Int) -> Data? {
            FileManager.default.contents(
                atPath: run.directory.file(name) + "/exports/step-0000000\(step)/model.safetensors")
        }
        #expect(cut.interrupted && export("cut", step) == nil)
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), heldOut: true, resume: true, exportEvery: 2)
        for step in [2, 4, 6] {
            let same = export("whole", step) != nil && export("whole", step) == export("cut", step)
            #expect(same, "step \(step)")
        }
    }

    /// Which document is of which domain decides weights that tell domains apart, as the documents do.
    @Test func otherDomainsAreAnotherCorpus() throws {
        let run = try tiny()
        var was = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        var now = was
        now.inputs.domains = "after"
        #expect(try was.resumed(by: now, permitting: ResumePermissions()).changes.isEmpty)
        was.inputs.domains = "before"
        #expect {
            _ = try was.resumed(by: now, permitting: ResumePermissions())
        } throws: { error in "\(error)".contains("the domains") && "\(error)".contains("--allow-corpus-change") }
        #expect(try was.resumed(by: now, permitting: everything).changes.map(\.what) == ["domains"])
    }

    /// It is in no fingerprint, and decides whether a row of the embedding learns.
    @Test func anotherPaddingIsRefused() throws {
        let run = try tiny()
        var was = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        var now = was
        now.inputs.padding = "3"
        #expect(try was.resumed(by: now, permitting: ResumePermissions()) == now, "of before it was kept")
        was.inputs.padding = "none"
        #expect {
            _ = try was.resumed(by: now, permitting: everything)
        } throws: { error in "\(error)".contains("the padding token (pad_token_id) was none and is now 3") }
        #expect(ResumeCheck.text(ofTokens: []) == "none" && ResumeCheck.text(ofTokens: [7, 0]) == "0,7")
    }

    /// A program weighs without a teacher: one that it gets later is another run's.
    @Test func aProgramThatHadNoTeacherGetsNoneUnnoticed() throws {
        let run = try tiny()
        run.options.weighting.name = ProgramWeighting.name
        let was = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        var now = was
        now.inputs.teacher = "other"
        #expect {
            _ = try was.resumed(by: now, permitting: ResumePermissions())
        } throws: { error in "\(error)".contains("--allow-teacher-change") }
        #expect(try was.resumed(by: now, permitting: everything).changes.map(\.what) == ["teacher"])
    }

    @Test func onlyTheLastCheckpointsAreKept() throws {
        let run = try tiny()
        _ = try run.run("run", teacher: ModelTeacher(seed: 9))
        let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.file("run/checkpoints")).sorted()
        #expect(names == ["step-00000006.safetensors", "step-00000007.safetensors"])
    }

    @Test func aRunThatIsDoneResumesToItself() throws {
        let run = try tiny()
        let whole = try run.run("run", teacher: ModelTeacher(seed: 9))
        #expect(try run.run("run", teacher: ModelTeacher(seed: 9), resume: true).weights == whole.weights)
    }

    @Test func changedOptionsAreRefused() throws {
        let run = try tiny()
        let was = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        run.options.schedule.peak = 0.5
        var now = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        #expect {
            _ = try was.resumed(by: now, permitting: everything)
        } throws: { error in
            guard case TrainingError.changedOnResume("the option schedule.peak", "0.01", "0.5", _) = error else {
                return false
            }
            return true
        }
        now = was
        now.inputs.teacher = "other"
        // A run that has begun without a server meets its teacher later.
        #expect(try was.resumed(by: now, permitting: ResumePermissions()).inputs.teacher == "other")
        var taught = was
        taught.inputs.teacher = "one"
        #expect {
            _ = try taught.resumed(by: now, permitting: ResumePermissions())
        } throws: { error in
            guard case TrainingError.changedOnResume("the teacher (by fingerprint)", "one", "other", _) = error else {
                return false
            }
            return true
        }
        now = was
        now.kernelPath = "avx2+fma"
        #expect(throws: TrainingError.self) { try was.resumed(by: now, permitting: ResumePermissions()) }
        #expect(try was.resumed(by: now, permitting: everything).kernelPath == "avx2+fma")
        now = was
        now.inputs.student = "other"
        #expect(throws: TrainingError.self) { try was.resumed(by: now, permitting: everything) }
    }

    /// What the text of a loss that is not finite advises.
    @Test func aLowerRateIsAllowedByItsFlag() throws {
        let run = try tiny()
        let was = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        run.options.schedule.peak = 0.001
        let now = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        #expect {
            _ = try was.resumed(by: now, permitting: everything)
        } throws: { error in "\(error)".contains("--allow-learning-rate-change") }
        var permissions = ResumePermissions()
        permissions.learningRateChange = true
        let resumed = try was.resumed(by: now, permitting: permissions)
        #expect(resumed.options == now.options && resumed.changes.map(\.what) == ["schedule.peak"])
        run.options.batchSequences += 1
        let other = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        #expect(throws: TrainingError.self) { try was.resumed(by: other, permitting: permissions) }
    }

    /// A run whose steps were computed by other arithmetic, on the same kernel path: one of before the version was kept is of version 1.
    @Test func otherArithmeticIsRefused() throws {
        let run = try tiny()
        let now = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        var was = now
        was.numericsVersion = nil
        let written = try JSONEncoder().encode(was)
        #expect(!String(decoding: written, as: UTF8.self).contains("numericsVersion"))
        was = try JSONDecoder().decode(RunState.self, from: written)
        #expect {
            _ = try was.resumed(by: now, permitting: ResumePermissions())
        } throws: { error in
            guard case TrainingError.changedOnResume("the numerics version", "1", "2", _) = error else { return false }
            return true
        }
        let resumed = try was.resumed(by: now, permitting: everything)
        #expect(resumed.numericsVersion == now.numericsVersion)
        #expect(resumed.changes.map(\.what) == ["numericsVersion"])
    }

    /// Names of before it was kept say nothing of OpenBLAS's version; where both say one it must be the same.
    @Test func anotherOpenBLASIsRefused() throws {
        let run = try tiny()
        func state(_ path: String) -> RunState {
            RunState(options: run.options, inputs: run.inputs, kernelPath: "avx2+fma, OpenBLAS " + path)
        }
        let now = state("Haswell 0.3.29")
        let resumed = try state("Haswell").resumed(by: now, permitting: ResumePermissions())
        #expect(resumed.kernelPath == now.kernelPath && resumed.changes.map(\.what) == ["kernelPath"])
        for was in ["Haswell 0.3.21", "Zen", "Zen 0.3.29", "Has"] {
            #expect {
                _ = try state(was).resumed(by: now, permitting: ResumePermissions())
            } throws: { error in
                guard case TrainingError.changedOnResume("the kernel path", _, _, _) = error else { return false }
                return true
            }
        }
    }

    private var everything: ResumePermissions {
        var permissions = ResumePermissions()
        permissions.numericsChange = true
        permissions.teacherChange = true
        permissions.corpusChange = true
        return permissions
    }

    /// Of the teacher that a run had, and of that of a domain; another teacher's scores are its own.
    @Test func otherScoresOfOneTeacherAreAChange() throws {
        let run = try tiny()
        run.teacherFingerprint = "m"
        var was = RunState(options: run.options, inputs: run.inputs, kernelPath: "avx512f")
        was.inputs.domainTeachers = ["code": "n"]
        (was.scoresFingerprint, was.domainScoresFingerprints) = ("f32", ["code": "n-f32"])
        var now = was
        #expect(try was.resumed(by: now, permitting: ResumePermissions()) == was)
        (now.scoresFingerprint, now.domainScoresFingerprints) = (nil, nil)
        #expect(try was.resumed(by: now, permitting: ResumePermissions()) == was, "no server has answered yet")
        (now.scoresFingerprint, now.domainScoresFingerprints) = ("bf16", ["code": "n-bf16"])
        var permissions = ResumePermissions()
        permissions.teacherChange = true
        #expect {
            _ = try was.resumed(by: now, permitting: permissions)
        } throws: { error in "\(error)".contains("--allow-mixed-scores") }
        permissions.teacherChange = false
        permissions.scoresChange = true
        let resumed = try was.resumed(by: now, permitting: permissions)
        #expect(resumed.changes.map(\.what) == ["scoresFingerprint.code", "scoresFingerprint"])
        #expect(resumed.changes.map(\.now) == ["n-bf16", "bf16"] && resumed.changes.map(\.was) == ["n-f32", "f32"])
        #expect(resumed.scoresFingerprint == "bf16" && resumed.domainScoresFingerprints == ["code": "n-bf16"])

        now.inputs.teacher = "o"
        now.domainScoresFingerprints = was.domainScoresFingerprints
        (permissions.teacherChange, permissions.scoresChange) = (true, false)
        let other = try was.resumed(by: now, permitting: permissions)
        #expect(other.changes.map(\.what) == ["teacher"] && other.scoresFingerprint == "bf16")
    }

    /// Of servers that share the steps, say: each is named once, whenever the run is resumed.
    @Test func mixedScoresAreNamed() throws {
        let run = try tiny()
        run.otherScores = ["fake", "b", "c"]
        let first = try run.run("run", teacher: ModelTeacher(seed: 9), stopAfter: 3)
        let changes = [
            ("scoresFingerprint.code", "x", "y"), ("scoresFingerprint", "fake", "b"),
            ("scoresFingerprint", "fake", "c"),
        ]
        .map { InputChange(step: 0, what: $0.0, was: $0.1, now: $0.2) }
        #expect(first.state.changes == changes && first.state.scoresFingerprint == "fake")
        run.permissions.teacherChange = true
        let second = try run.run("run", teacher: ModelTeacher(seed: 9), resume: true)
        #expect(second.state.changes.filter { $0.what.hasPrefix("scores") } == changes)
    }

    /// What was allowed to change is named by the state, and so by remit.json.
    @Test func aPermittedChangeIsRecorded() throws {
        let run = try tiny()
        run.teacherFingerprint = "first"
        let first = try run.run("run", teacher: ModelTeacher(seed: 9), stopAfter: 3)
        run.teacherFingerprint = "second"
        run.corpus = Corpus(
            try TinyRun.tokens(run.directory.file("other"), documents: 50, seed: 5),
            sequenceLength: TinyRun.contextLength)
        #expect(throws: TrainingError.self) { try run.run("run", teacher: ModelTeacher(seed: 8), resume: true) }
        run.permissions.teacherChange = true
        #expect {
            try run.run("run", teacher: ModelTeacher(seed: 8), resume: true)
        } throws: { error in
            guard case TrainingError.changedOnResume("the corpus (by fingerprint)", _, _, let hint) = error else {
                return false
            }
            return hint.contains("--allow-corpus-change")
        }
        run.permissions.corpusChange = true
        let second = try run.run("run", teacher: ModelTeacher(seed: 8), resume: true)
        #expect(first.state.changes.isEmpty)
        #expect(second.state.changes.map(\.what) == ["corpus", "teacher"])
        #expect(second.state.changes.map(\.step) == [3, 3])
        #expect(second.state.changes.last?.was == "first" && second.state.changes.last?.now == "second")
        #expect(second.steps.count == 7)
        // And it is no change the next time.
        run.permissions = ResumePermissions()
        _ = try run.run("run", teacher: ModelTeacher(seed: 8), resume: true)
    }

    /// The last checkpoint is as it was, whatever stops the next one.
    @Test func aCheckpointThatCannotBeSavedLeavesTheLastOne() throws {
        let run = try tiny()
        _ = try run.run("run", teacher: ModelTeacher(seed: 9), stopAfter: 2)
        let checkpoints = run.directory.file("run/checkpoints")
        let last = try #require(try RunStateStore(directory: checkpoints, keep: 2).latest(RunState.self))
        #expect(last.state.step == 2)
        let workers = WorkerPool(threads: 1)
        let student = try TinyRun.student()
        let optimizer = AdamW(run.options.optimizer, for: student, workers: workers)
        // A directory stands where the file is to go.
        try FileManager.default.createDirectory(
            atPath: checkpoints + "/step-00000003.safetensors/x", withIntermediateDirectories: true)
        var state = last.state
        state.step = 3
        #expect {
            try RunStateStore(directory: checkpoints, keep: 2).save(
                state, log: LogMark(bytes: 0, sha256: ""), student: student, optimizer: optimizer)
        } throws: { error in
            guard case TrainingError.checkpointFailed(_, .some) = error else { return false }
            return true
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: checkpoints).allSatisfy { !$0.hasSuffix(".tmp") })
        try FileManager.default.removeItem(atPath: checkpoints + "/step-00000003.safetensors")
        #expect(try RunStateStore(directory: checkpoints, keep: 2).latest(RunState.self)?.state == last.state)
    }

    @Test func theMomentsOfAnotherRunAreContinued() throws {
        let run = try tiny()
        let first = try run.run("first", teacher: ModelTeacher(seed: 9))
        let fresh = try run.run("fresh", teacher: ModelTeacher(seed: 9))
        let path = run.directory.file("first")
        let loaded = try run.run("loaded", teacher: ModelTeacher(seed: 9), loadOptimizer: path)
        #expect(first.state.updates == 7 && loaded.state.updates == 14)
        let (isSame, isOther) = (fresh.weights == first.weights, loaded.weights != fresh.weights)
        #expect(isSame && isOther)
        #expect(loaded.steps[0].loss == fresh.steps[0].loss && loaded.steps[1].loss != fresh.steps[1].loss)
        // By the folder of the checkpoints and by file as well; and it is resumed exactly.
        let file = path + "/checkpoints/step-00000007.safetensors"
        for place in [path + "/checkpoints", file] {
            #expect(try RunStateStore.savedRun(place).fingerprint == RunStateStore.savedRun(path).fingerprint)
        }
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), stopAfter: 3, loadOptimizer: path)
        let resumed = try run.run("cut", teacher: ModelTeacher(seed: 9), resume: true)
        let isResumed = resumed.weights == loaded.weights
        #expect(isResumed)
        #expect(throws: TrainingError.self) { try RunStateStore.savedRun(run.directory.file("none")) }
        #expect(throws: TrainingError.self) { try RunStateStore.savedRun(run.directory.path) }
    }

    @Test func momentsOfAnotherShapeAreRefused() throws {
        let run = try tiny()
        _ = try run.run("run", teacher: ModelTeacher(seed: 9))
        let saved = try RunStateStore.savedRun(run.directory.file("run"))
        let workers = WorkerPool(threads: 1)
        for (changed, into) in [
            ("\"intermediate_size\": 24", "\"intermediate_size\": 40"), ("_layers\": 2", "_layers\": 3"),
        ] {
            let json = TinyRun.configurationJSON.replacing(changed, with: into)
            let other = try TrainableTransformer(
                configuration: ConfigurationObject(parsing: Array(json.utf8), source: "other"), seed: 1,
                workers: workers)
            let optimizer = AdamW(run.options.optimizer, for: other, workers: workers)
            #expect {
                try saved.continueMoments(optimizer, of: other)
            } throws: { error in
                guard case TrainingError.otherOptimizer(saved.path, _) = error else { return false }
                return true
            }
        }
    }
}

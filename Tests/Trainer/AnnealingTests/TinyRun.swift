import Annealing
import Checkpoints
import Corpora
import Digests
import Foundation
import RandomNumbers
import Sequences
import System
import Tensors
import TestSupport
import TokenWeights
import Training
import Transformers

/// A tiny random model and a random corpus, and runs on them.
final class TinyRun {
    static let vocabulary = 48
    static let contextLength = 32

    let directory: TemporaryDirectory
    var corpus: Corpus
    /// nil: held-out losses are those of `corpus`.
    var heldOutCorpus: Corpus?
    var options: AnnealingOptions
    var saveEvery = 0
    var keep = 2
    var permissions = ResumePermissions()
    /// What the run was started with, beside the corpus.
    var teacherFingerprint: String?
    /// Scores fingerprints of answers beside the teacher's own.
    var otherScores: [String] = []

    init(documents: Int = 60, steps: Int = 6) throws {
        directory = try TemporaryDirectory()
        corpus = Corpus(
            try Self.tokens(directory.file("tokens"), documents: documents), sequenceLength: Self.contextLength)

        options = AnnealingOptions()
        options.sequenceLength = Self.contextLength
        options.batchSequences = 4
        options.microBatchSequences = 2
        options.totalSteps = steps
        options.schedule = LearningRateSchedule(peak: 1e-2, warmupSteps: 1)
        options.seed = 3
    }

    /// Documents of unequal length, a fifth of them with a prompt.
    static func tokens(_ path: String, documents: Int, seed: UInt64 = 17) throws -> TokenFile {
        var random = SplitMix64(seed: seed)
        let writer = try TokenFileWriter(partialPath: path + ".partial")
        for index in 0..<documents {
            let ids = (0..<Int.random(in: 2...40, using: &random)).map { _ in
                // Skewed, so that there is something to learn.
                Int32(min(Int.random(in: 0..<48, using: &random), Int.random(in: 0..<48, using: &random)))
            }
            try writer.append(Document(tokenIDs: ids, contextTokens: index % 5 == 0 ? ids.count / 2 : 0))
        }
        try writer.finish(path: path, tokenizerFingerprint: "none", skipped: SkippedRecords())
        return try TokenFile(path)
    }

    static func student(
        seed: UInt64 = 1, precision: Precision = .f32, threads: Int = 1
    ) throws -> TrainableTransformer {
        try TrainableTransformer(
            configuration: configuration(), seed: seed, precision: precision, workers: WorkerPool(threads: threads))
    }

    static func configuration() throws -> ConfigurationObject {
        try ConfigurationObject(parsing: Array(configurationJSON.utf8), source: "tiny config.json")
    }

    static let configurationJSON = """
        {"model_type": "llama", "vocab_size": \(vocabulary), "hidden_size": 16, "intermediate_size": 24,
         "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-6,
         "max_position_embeddings": \(contextLength), "hidden_act": "silu", "rope_theta": 10000.0,
         "tie_word_embeddings": false, "initializer_range": 0.3}
        """

    func weighting() throws -> any TokenWeighting {
        try options.weighting.make()
    }

    /// What a run left: its log without the clock, and the final weights.
    struct Outcome: Equatable {
        var log: [LogRecord]
        var weights: [Float]
        /// Moving average of the weights; nil where the run keeps none.
        var movingAverage: [Float]?
        /// The token weights of each step, window by window.
        var tokenWeights: [[[Float]]]
        var interrupted: Bool
        var state: RunState

        var steps: [StepRecord] { log.compactMap { if case .step(let record) = $0 { record } else { nil } } }
    }

    /// Runs in `name` to the end, or until `stopAfter` steps; continues what is there if `resume`, or from `resumeFrom`.
    func run(
        _ name: String, teacher: (any LogProbSource)? = nil, base: (any LogProbSource)? = nil,
        softTargets: (any SoftTargetSource)? = nil,
        threads: Int = 1, heldOut: Bool = false, resume: Bool = false, resumeFrom: Int? = nil, stopAfter: Int? = nil,
        loadOptimizer: String? = nil,
        nextTokenOnOutage: Bool = false, exportEvery: Int? = nil, onBest: @escaping (RunState) throws -> Void = { _ in }
    ) throws -> Outcome {
        let workers = WorkerPool(threads: threads)
        let student = try Self.student(precision: options.precision, threads: threads)
        let optimizer = AdamW(options.optimizer, for: student, workers: workers)
        let runDirectory = try RunDirectory(directory.file(name))
        let store = RunStateStore(directory: runDirectory.checkpointsPath, keep: keep)
        var state = RunState(options: options, inputs: inputs, kernelPath: workers.path.name)
        var logMark: LogMark?
        if resume || resumeFrom != nil,
            let saved = try resumeFrom.map({ try store.saved(RunState.self, step: $0) }) ?? store.latest(RunState.self)
        {
            try saved.restore(student, optimizer)
            _ = try store.setAside(after: saved.state.step)
            logMark = saved.log
            state = try saved.state.resumed(by: state, permitting: permissions)
        } else if let loadOptimizer {
            try RunStateStore.savedRun(loadOptimizer).continueMoments(optimizer, of: student)
        }
        let weighting = try weighting()
        let recorder = RecordingWeights(LocalTokenWeights(weighting, teacher: teacher, base: base))
        let stop = StopFlag()
        let export = exportEvery.map { every in
            PeriodicExport(
                everySteps: every,
                isWritten: { step in
                    FileManager.default.fileExists(
                        atPath: runDirectory.exportPath(step: step) + "/model.safetensors")
                }
            ) { state in
                let path = runDirectory.exportPath(step: state.step)
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                try student.save(to: path, elementType: .f32)
            }
        }
        let bestFile = directory.file(name) + "/best-step"
        let best = BestStudent(
            step: (try? String(contentsOfFile: bestFile, encoding: .utf8)).map { Int($0) ?? .max },
            write: { state in
                try "\(state.step)".write(toFile: bestFile, atomically: true, encoding: .utf8)
                try onBest(state)
            },
            setAside: { try FileManager.default.moveItem(atPath: bestFile, toPath: bestFile + ".set-aside") })
        let annealer = try Annealer(
            trainStep: TrainStep(
                student: student, optimizer: optimizer, weighting: weighting, weightSource: recorder, options: options,
                distillation: options.distillation.flatMap { options in
                    softTargets.map { Distillation(options, from: $0) }
                },
                nextTokenOnOutage: nextTokenOnOutage),
            state: state, corpus: corpus,
            heldOut: heldOut ? HeldOutLoss(heldOutCorpus ?? corpus, windowsPerForward: 3) : nil,
            records: RunRecords(
                store: store, logPath: runDirectory.logPath, logMark: logMark, saveEvery: saveEvery), export: export,
            best: options.keepBest == true ? best : nil, prefetchSteps: 2,
            teacherFingerprints: { [otherScores] in
                TeacherFingerprints(
                    otherScores: otherScores,
                    domains: otherScores.isEmpty
                        ? [:] : ["code": TeacherFingerprints.OfDomain(model: "n", scores: "x", otherScores: ["y"])])
            },
            stop: stop
        ) { event in
            if case .step(let record) = event, record.step == stopAfter { stop.request() }
        }
        var interrupted = false
        do { try annealer.run() } catch TrainingError.interrupted { interrupted = true }
        return Outcome(
            log: try RunLog.records(runDirectory.logPath).map(\.withoutClock), weights: student.copiedValues,
            movingAverage: withExtendedLifetime(optimizer) { optimizer.movingAverage.map { Array($0.values) } },
            tokenWeights: recorder.recorded, interrupted: interrupted, state: annealer.state)
    }

    /// One step of these options on its own, weighted by a teacher that is not the student.
    func trainStep(
        _ student: TrainableTransformer, options: AnnealingOptions, teacher: ModelTeacher? = nil
    ) throws -> TrainStep {
        let announced = try teacher ?? ModelTeacher(seed: 9)
        if teacher == nil { announced.request(try firstBatch()) }
        return TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: WorkerPool(threads: 1)),
            weighting: try weighting(), weightSource: LocalTokenWeights(try weighting(), teacher: announced),
            options: options)
    }

    func firstBatch() throws -> StepBatch {
        var stream = try WindowStream(corpus, seed: options.seed)
        return StepBatch(step: 1, windows: try stream.next(options.batchSequences), cursorAfter: stream.cursor)
    }

    var inputs: RunInputs {
        RunInputs(
            student: "student", tokenizer: "tokenizer", corpus: corpus.fingerprint.hex,
            evaluationCorpus: heldOutCorpus?.fingerprint.hex, teacher: teacherFingerprint)
    }
}

extension TrainableTransformer {
    /// The arenas go with the last reference to the model: a copy is made while it is held.
    var copiedValues: [Float] { withExtendedLifetime(self) { Array(values) } }
    var copiedGradients: [Float] { withExtendedLifetime(self) { Array(gradients) } }
}

extension LogRecord {
    var withoutClock: LogRecord {
        guard case .step(var record) = self else { return self }
        record.stepSeconds = 0
        record.waitSeconds = 0
        record.tokensPerSecond = 0
        return .step(record)
    }
}

/// A model of this process as the teacher; the fake for the server.
final class ModelTeacher: StepSource, @unchecked Sendable {
    // Used by one thread, the annealer's.
    private let model: TrainableTransformer
    private var announced: Set<Int> = []

    init(seed: UInt64) throws { model = try TinyRun.student(seed: seed) }

    func request(_ batch: StepBatch) { announced.insert(batch.step) }

    func answer(_ batch: StepBatch) throws -> [[Float]] {
        precondition(announced.contains(batch.step), "a step is announced before it is asked for")
        return try batch.windows.map { window in
            try model.logProbs(
                PackedBatch(tokenIDs: window.tokenIDs, segments: window.segments))
        }
    }

    var scoresFingerprint: String? { "fake" }
}

/// Keeps what another source gave.
final class RecordingWeights: StepSource {
    private let source: any WeightSource
    private let steps = Locked<[Int: [[Float]]]>([:])

    init(_ source: any WeightSource) { self.source = source }

    func request(_ batch: StepBatch) { source.request(batch) }

    func answer(_ question: WeightQuestion) throws -> [WindowWeights] {
        let weights = try source.answer(question)
        steps.withLock { $0[question.batch.step, default: []] += weights.map(\.weights) }
        return weights
    }

    var scoresFingerprint: String? { source.scoresFingerprint }

    var recorded: [[[Float]]] { steps.withLock { steps in steps.sorted { $0.key < $1.key }.map(\.value) } }
}

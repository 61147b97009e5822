import Checkpoints
import Foundation
import System
import Tensors
import TestSupport
import Training
import Transformers

/// The state of a training that has nothing but steps.
struct TinyState: ResumableState, Equatable {
    static let kind = RunKind.reinforcement
    static let currentFormat = 1
    var format = Self.currentFormat
    var step = 0
    var updates = 0
}

struct TinyRecord: StepLogRecord, Equatable {
    var step: Int
    var norm: Double
    var isEvaluation: Bool { false }
}

/// Runs whose steps update a tiny student from gradients that are a function of the student and the step.
struct TinyTraining {
    static let configuration = """
        {"model_type": "llama", "vocab_size": 16, "hidden_size": 8, "intermediate_size": 8,
         "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-6,
         "max_position_embeddings": 8, "hidden_act": "silu", "rope_theta": 10000.0,
         "tie_word_embeddings": false, "initializer_range": 0.3}
        """

    let directory: TemporaryDirectory
    var saveEvery = 2
    var keep = 2

    init() throws { directory = try TemporaryDirectory() }

    struct Outcome: Equatable {
        var values: [Float]
        var records: [TinyRecord]
        var saved: [Int]
    }

    struct Failure: Error, Equatable {
        var keepsState: Bool
    }

    var store: RunStateStore { RunStateStore(directory: directory.file("run/checkpoints"), keep: keep) }

    static func student(_ json: String = Self.configuration) throws -> TrainableTransformer {
        try TrainableTransformer(
            configuration: ConfigurationObject(parsing: Array(json.utf8), source: "tiny config.json"), seed: 1,
            workers: WorkerPool(threads: 1))
    }

    /// Runs to `steps`, from the last checkpoint if `resume`; asks to stop behind step `stopAfter`, and fails inside step `failAt`.
    func run(
        steps: Int, resume: Bool = false, stopAfter: Int? = nil, failAt: Int? = nil, spoilAt: Int? = nil,
        keepsState: Bool = true
    ) throws -> Outcome {
        let student = try Self.student()
        let optimizer = AdamW(AdamWOptions(), for: student, workers: WorkerPool(threads: 1))
        let run = try RunDirectory(directory.file("run"))
        var (state, mark) = (TinyState(), LogMark?.none)
        if resume, let saved = try store.latest(TinyState.self) {
            try saved.restore(student, optimizer)
            (state, mark) = (saved.state, saved.log)
        }
        let stop = StopFlag()
        let saved = Locked<[Int]>([])
        let loop = try TrainingLoop<TinyState, TinyRecord>(
            state: state, student: student, optimizer: optimizer,
            records: RunRecords(store: store, logPath: run.logPath, logMark: mark, saveEvery: saveEvery), stop: stop
        ) { _, step in saved.withLock { $0.append(step) } }
        try loop.run(to: steps, keepsState: { ($0 as? Failure)?.keepsState ?? ($0 as? TrainingError == .interrupted) })
        {
            let step = loop.state.step + 1
            if step == failAt { throw Failure(keepsState: keepsState) }
            for index in student.gradients.indices {
                student.gradients[index] = student.values[index] * 0.1 + Float(step + index % 7) * 1e-3
            }
            let norm = optimizer.gradientNorm(student)
            optimizer.update(student, learningRate: 1e-2, gradientScale: 1)
            if step == spoilAt { student.values[3] = .nan }
            loop.state.step = step
            loop.state.updates = optimizer.updates
            try loop.append(TinyRecord(step: step, norm: norm))
            if step == stopAfter { stop.request() }
        }
        return Outcome(
            values: withExtendedLifetime(student) { Array(student.values) },
            records: try StepLog<TinyRecord>.records(run.logPath), saved: saved.withLock { $0 })
    }
}

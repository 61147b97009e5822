import Annealing
import ArgumentParser
import Checkpoints
import CommandLines
import Corpora
import Digests
import Foundation
import ScoringAPI
import ScoringClient
import SideCars
import Tensors
import TokenWeights
import Tokenizers
import Transformers

/// One check after another; a check that fails leaves those out that need it, not the rest.
struct Examination {
    let command: DoctorCommand
    let terminal: Terminal
    let stop: StopSignal
    let cancellation: CancellationFlag

    func run() throws -> Findings {
        var findings = Findings()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "remit-doctor-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }

        let weighting = findings.examining("options") { _ in try checkedOptions() }
        let student = findings.examining("student") { try loadStudent(&$0) }
        let text = findings.examining("tokenizer") { _ in try TextSide(directory: command.student) }
        let length = student.flatMap { student in
            findings.examining("context") { _ in
                try SequenceLength.resolved(
                    command.data.sequenceLength, contextLength: student.description.contextLength)
            }
        }
        try stop.throwIfRequested()
        let sample = text.flatMap { text in
            length.flatMap { length in
                findings.examining("corpus") { try readSample(text, length, directory.path, &$0) }
            }
        }
        try stop.throwIfRequested()
        var teacher: SampleTeacher?
        let needsTeacher = weighting?.needsTeacher ?? true || isDistilled
        if let text, let length, needsTeacher {
            teacher = findings.examining("teacher") { findings in
                try SampleTeacher(
                    command.teacher, text: text, sequenceLength: length, distilled: student.flatMap(distilled),
                    terminal: terminal, cancellation: cancellation, &findings)
            }
        }
        if let student, let weighting, let sample, let length, teacher != nil || !needsTeacher {
            _ = findings.examining("sample") { findings in
                try trySample(student, weighting, sample, teacher, length, &findings)
            }
        }
        return findings
    }

    private var isDistilled: Bool { command.teacher.objective == .kd }

    private func distilled(_ student: TrainableTransformer) -> DistilledTeacher? {
        isDistilled
            ? DistilledTeacher(topK: command.teacher.kdTopK, vocabularySize: student.description.vocabularySize) : nil
    }

    private var plan: TrainingPlan {
        get throws {
            try TrainingPlan(
                command: "doctor", student: .checkpoint(command.student), data: command.data,
                optimizer: command.optimizer, run: command.run, teacher: command.teacher, output: command.output)
        }
    }

    private func checkedOptions() throws -> any TokenWeighting {
        let plan = try plan
        try plan.validate()
        var options = plan.options(sequenceLength: command.data.sequenceLength ?? SequenceLength.standard)
        options.totalSteps = command.optimizer.steps ?? options.schedule.warmupSteps + 1
        try options.validate()
        return try plan.weighting()
    }

    private func loadStudent(_ findings: inout Findings) throws -> TrainableTransformer {
        terminal.status("reading the student")
        let workers = WorkerPool(threads: command.run.threads ?? ProcessInfo.processInfo.activeProcessorCount)
        let student = try TrainableTransformer(
            checkpoint: Checkpoint(directory: command.student), precision: command.optimizer.precision,
            workers: workers)
        findings.add(
            .fine, "student",
            "\(student.description.family), \(Format.count(Double(student.description.parameterCount))) parameters, reads "
                + "\(student.description.contextLength) tokens")
        return student
    }

    private func readSample(
        _ text: TextSide, _ length: Int, _ directory: String, _ findings: inout Findings
    ) throws -> CorpusSample {
        terminal.status("reading a sample of the corpus")
        guard text.endOfSequence != nil else {
            throw AnnealingError.fileFailed(
                path: command.student, reason: "config.json and generation_config.json name no eos_token_id")
        }
        let paths = try plan.mix.map { $0.sources.flatMap(\.paths) } ?? command.data.corpus
        let sample = try CorpusSample(
            paths, text: text,
            fields: RecordFields(text: command.data.textField, bareElement: command.data.npyDtype),
            sequenceLength: length,
            attention: command.data.attention, tokens: command.sampleTokens, directory: directory)
        if let first = sample.firstBadLine {
            findings.add(
                command.data.skipBadLines ? .doubtful : .wrong, "corpus",
                "\(sample.badLines) bad lines in the sample, the first: \(first)")
        }
        let total = sample.estimatedTokens.map {
            (sample.isWhole ? "" : "about ") + Format.count(Double($0)) + " tokens"
        }
        findings.add(
            .fine, "corpus",
            "\(total ?? "size unknown (compressed)"); \(sample.documents) documents of it tried")
        return sample
    }

    /// Weights, the time of a step, and what follows for the whole run.
    private func trySample(
        _ student: TrainableTransformer, _ weighting: any TokenWeighting, _ sample: CorpusSample,
        _ teacher: SampleTeacher?, _ length: Int, _ findings: inout Findings
    ) throws {
        let plan = try sample.corpus.plan(seed: command.optimizer.seed, epoch: 0)
        let windows = (0..<plan.windowCount).map { sample.corpus.window(plan.window($0)) }
        let answer = try teacher?.logProbs(windows, terminal, &findings)
        try stop.throwIfRequested()
        terminal.status("the student reads the sample")
        let own = try windows.map { window in
            try student.logProbs(
                PackedBatch(tokenIDs: window.tokenIDs, segmentStarts: window.segmentStarts + [window.tokenCount]))
        }
        if let answer, !isDistilled {
            SampleWeights(windows, answer, own, weighting, command.teacher.epsilon)?.report(&findings)
        }
        let targets = try distilled(student).flatMap { try teacher?.softTargets(windows, $0, terminal) }
        try stop.throwIfRequested()

        terminal.status("one step of training on the sample")
        var options = try self.plan.options(sequenceLength: length)
        options.batchSequences = windows.count
        options.totalSteps = 1
        options.schedule.warmupSteps = 0
        let workers = WorkerPool(threads: command.run.threads ?? ProcessInfo.processInfo.activeProcessorCount)
        let step = TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: workers), weighting: weighting,
            weightSource: LocalTokenWeights(
                weighting, teacher: answer.map(KnownLogProbs.init), base: KnownLogProbs(own),
                domains: sample.corpus.domains), options: options,
            distillation: options.distillation.flatMap { options in
                targets.map { Distillation(options, from: KnownSoftTargets(values: $0)) }
            })
        let start = ContinuousClock.now
        var spikes = SpikeWindow()
        let statistics = try step.run(
            StepBatch(step: 1, windows: windows, cursorAfter: DataCursor()), learningRate: 0, spikes: &spikes)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        findings.add(
            .fine, "step",
            "loss \(Format.loss(statistics.loss)), gradient norm \(String(format: "%.3g", statistics.gradNorm)), "
                + "\(Format.count(Double(statistics.tokens) / seconds)) tokens/s of training")
        if let divergence = statistics.kdLoss {
            findings.add(
                .fine, "divergence",
                "KL(teacher || student) \(Format.loss(divergence)) nats a token before the first step")
        }
        RunEstimate(
            parameters: student.description.parameterCount, tokens: sample.estimatedTokens,
            documentTokens: Double(statistics.tokens) / Double(max(1, sample.documents)),
            trainingSpeed: Double(statistics.tokens) / seconds, teacherSpeed: teacher?.tokensPerSecond,
            sequenceLength: length, fill: 1 - plan.paddingShare, batchSequences: command.optimizer.batchSequences,
            steps: command.optimizer.steps, epochs: command.optimizer.epochs ?? 1, saveEvery: command.run.saveEvery,
            keepCheckpoints: command.run.keepCheckpoints, weightBytes: command.run.outDtype == .bf16 ? 2 : 4,
            exportEvery: command.output.exportEvery
        ).report(out: command.run.out, &findings)
    }
}

/// Distributions that are known already.
private struct KnownSoftTargets: SoftTargetSource {
    let values: [TopLogProbs]
    func request(_ batch: StepBatch) {}
    func softTargets(_ batch: StepBatch) throws -> [TopLogProbs] { values }
    var scoresFingerprint: String? { nil }
}

/// Log-probs that are known already.
private struct KnownLogProbs: TeacherLogProbSource {
    let values: [[Float]]
    init(_ values: [[Float]]) { self.values = values }
    func request(_ batch: StepBatch) {}
    func logProbs(_ batch: StepBatch) throws -> [[Float]] { values }
    var scoresFingerprint: String? { nil }
}

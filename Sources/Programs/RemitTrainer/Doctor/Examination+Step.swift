import Annealing
import CommandLines
import Corpora
import Examinations
import Formats
import Foundation
import Sequences
import TokenWeights
import Training
import Transformers

/// What a sample tells of the run: token weights, the time of a step, how long and how large it becomes.
extension Examination {
    /// Token weights, the time of a step, and what follows for the whole run.
    func trySample(
        _ sample: CorpusSample, student: TrainableTransformer, _ weighting: any TokenWeighting,
        teacher: SampleTeachers?, length: Int, heldOutTokens: Int?, _ findings: inout Findings
    ) throws {
        try teacher?.checkReadable(sample.corpus) {
            try $0.check(sample.corpus, domains: $1, terminal, stop)
        }
        let plan = try sample.corpus.plan(seed: arguments.optimizer.seed, epoch: 0)
        let windows = try sampleWindows(sample.corpus, plan)
        let answer = try teacher.map { try ask($0, windows, weighting, sample.corpus.domains, &findings) }
        try stop.throwIfRequested()
        terminal.status("the student reads the sample")
        let reading = ContinuousClock.now
        let own = try windows.map { window in
            try stop.throwIfRequested()
            return try student.logProbs(
                PackedBatch(tokenIDs: window.tokenIDs, segments: window.segments))
        }
        let readingSeconds = (ContinuousClock.now - reading) / .seconds(1)
        if let answer, !isDistilled {
            SampleWeights(windows, answer, own, weighting)?.report(&findings)
        }
        let targets = try distilled(student).flatMap {
            try teacher?.softTargets(windows, $0, domains: sample.corpus.domains)
        }
        try stop.throwIfRequested()

        terminal.status("one step of training on the sample")
        var options = try self.plan.options(sequenceLength: length)
        options.batchSequences = windows.count
        options.totalSteps = 1
        options.schedule.warmupSteps = 0
        let workers = try arguments.run.compute.workers()
        let step = TrainStep(
            student: student, optimizer: AdamW(options.optimizer, for: student, workers: workers), weighting: weighting,
            weightSource: LocalTokenWeights(
                weighting, scores: answer.map { KnownAnswers($0) }, base: KnownAnswers(own),
                domains: sample.corpus.domains), options: options,
            distillation: options.distillation.flatMap { options in
                targets.map { Distillation(options, from: KnownAnswers($0)) }
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
        if let divergence = statistics.kdLoss, let distillation = options.distillation {
            findings.add(
                .fine, "divergence",
                "\(distillation.divergence) \(Format.loss(divergence)) nats a token before the first step")
        }
        try RunEstimate(
            parameters: student.description.parameterCount, tokens: sample.estimatedTokens,
            epochTokens: epochTokens(sample),
            documentTokens: Double(sample.tokens) / Double(max(1, sample.documents)),
            trainingSpeed: Double(statistics.tokens) / seconds, teacherSpeed: teacher?.tokensPerSecond,
            sequenceLength: length, fill: 1 - plan.paddingShare, batchSequences: arguments.optimizer.batchSequences,
            steps: arguments.optimizer.steps, epochs: arguments.optimizer.epochs ?? 1,
            saveEvery: arguments.run.saveEvery,
            keepCheckpoints: arguments.run.keepCheckpoints,
            parameterBytes: arguments.run.parameters.outDtype == .bf16 ? 2 : 4,
            exportEvery: arguments.output.exportEvery,
            evaluations: arguments.data.evalCorpus.isEmpty
                ? nil
                : RunEstimate.Evaluations(
                    everySteps: arguments.data.evalEvery, tokens: heldOutTokens,
                    speed: Double(statistics.tokens) / max(readingSeconds, 1e-9)),
            hasMovingAverage: arguments.optimizer.update.ema != nil, keepsBest: arguments.data.keepBest
        ).report(out: arguments.run.out, &findings)
    }
    /// Windows of the sample until its tokens are together: a document may be far longer than that.
    private func sampleWindows(_ corpus: Corpus, _ plan: EpochPlan) throws -> [TrainingWindow] {
        var windows: [TrainingWindow] = []
        var tokens = 0
        for index in 0..<plan.windowCount where tokens < sampleTokens {
            try stop.throwIfRequested()
            windows.append(try corpus.window(plan.window(index)))
            tokens += windows[index].tokenCount
        }
        return windows
    }
}

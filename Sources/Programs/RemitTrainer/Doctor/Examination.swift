import RunFiles
import Annealing
import ArgumentParser
import Checkpoints
import CommandLines
import Corpora
import Digests
import Examinations
import Formats
import Foundation
import ScoreFiles
import ScoringAPI
import ScoringClient
import Sequences
import System
import TeacherLinks
import Tensors
import Tokenizers
import TokenWeights
import Training
import Transformers

/// One check after another; a check that fails leaves those out that need it, not the rest.
struct Examination {
    let arguments: AnnealArguments
    let sampleTokens: Int
    let terminal: Terminal
    let stop: StopFlag

    func run() throws -> Findings {
        var findings = Findings()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "remit-doctor-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }

        let weighting = findings.examining("options") { _ in try checkedOptions() }
        let student = findings.examining("student") { try loadStudent(&$0) }
        let text = findings.examining("tokenizer") { findings in
            let text = try TextSide(directory: arguments.student)
            for remark in text.remarks { findings.add(.doubtful, "tokenizer", remark) }
            return text
        }
        let length = student.flatMap { student in
            findings.examining("context") { _ in
                try SequenceLength.resolved(
                    arguments.data.sequenceLength, contextLength: student.description.contextLength)
            }
        }
        if weighting != nil {
            _ = findings.examining("run") { findings in
                let known = student.flatMap { _ in
                    length.flatMap { length in
                        text.map {
                            RunPlace.Known(sequenceLength: length, tokenizer: $0.tokenizer.fingerprint.hex)
                        }
                    }
                }
                try RunPlace(plan: plan, terminal: terminal).examine(known, &findings)
            }
        }
        try stop.throwIfRequested()
        let sample = text.flatMap { text in
            length.flatMap { length in
                findings.examining("corpus") {
                    try readSample(text, length: length, directory: directory.path, weighting, &$0)
                }
            }
        }
        var heldOutTokens: Int?
        if !arguments.data.evalCorpus.isEmpty {
            heldOutTokens = findings.examining("held-out") { findings -> Int? in
                try examineHeldOut(&findings)
                guard let text, let length else { return nil }
                return try heldOutSample(text, length: length, directory: directory.path + "/held-out").estimatedTokens
            }.flatMap(\.self)
        }
        try stop.throwIfRequested()
        var teacher: SampleTeachers?
        let needsTeacher = weighting?.needsTeacher ?? true || isDistilled
        if let text, let length, let student, needsTeacher {
            teacher = findings.examining("teacher") { findings in
                try findTeachers(
                    text, weighting ?? plan.weighting(), length: length,
                    vocabularySize: student.description.vocabularySize, &findings)
            }
        }
        var fits = true
        if let student, let length {
            fits =
                findings.examining("memory") { findings in
                    try RunMemory(
                        student, sequenceLength: length, hasHeldOut: !arguments.data.evalCorpus.isEmpty,
                        keepsAverage: arguments.optimizer.update.ema != nil,
                        besideBytes: baseBytes(weighting, length: length)
                    ).report(
                        microBatch: arguments.optimizer.microBatchSequences, batch: arguments.optimizer.batchSequences,
                        available: MachineMemory.bytes(), &findings)
                } ?? true
        }
        // A step that does not fit would end the examination, and nobody would hear why.
        if let student, let weighting, let sample, let length, teacher != nil || !needsTeacher, fits {
            _ = findings.examining("sample") { findings in
                try trySample(
                    sample, student: student, weighting, teacher: teacher, length: length, heldOutTokens: heldOutTokens,
                    &findings)
            }
        }
        return findings
    }

    private func findTeachers(
        _ text: TextSide, _ weighting: any TokenWeighting, length: Int, vocabularySize: Int,
        _ findings: inout Findings
    ) throws -> SampleTeachers {
        let (given, plan) = (arguments.teacher, try plan)
        let domains = given.domainTeachers
        let places = try domains.isEmpty ? nil : TeacherPlaces(given.client(), stop: stop)
        func find(_ name: String?) throws -> SampleTeacher {
            try SampleTeacher(
                place(
                    plan.scoresReader(text, sequenceLength: length),
                    servers: places?.servers(with: name).map { given.server[$0] } ?? given.server),
                needs: plan.teacherNeeds(
                    weighting, teacher: name, tokenizer: text.tokenizer.fingerprint.hex, sequenceLength: length,
                    vocabularySize: vocabularySize),
                tokenizer: text.tokenizer, status: { terminal.status($0) }, cancellation: stop, &findings)
        }
        return SampleTeachers(
            try find(given.mainTeacher), domains: try domains.map { ($0.domain, try find($0.name)) })
    }

    private func place(_ reader: ScoresReader, servers: [String]) -> SampleTeacher.Place {
        let teacher = arguments.teacher
        if let path = teacher.logprobsFrom {
            return .files(path, reader, allowNumericsChange: arguments.run.allowNumericsChange)
        }
        return .servers(servers, areSpread: teacher.spread, allowMixedScores: teacher.allowMixedScores) { url in
            try ScoringClient(servers: [url], apiKeyFile: teacher.apiKeyFile, caFile: teacher.caFile)
        }
    }

    private var isDistilled: Bool { arguments.teacher.distillation != nil }

    private func distilled(_ student: TrainableTransformer) -> DistilledTeacher? {
        arguments.teacher.distillation.map {
            DistilledTeacher($0, vocabularySize: student.description.vocabularySize)
        }
    }

    private var plan: TrainingPlan {
        get throws { try arguments.plan(command: "doctor") }
    }

    private func checkedOptions() throws -> any TokenWeighting {
        let plan = try plan
        try plan.validate()
        try plan.checkPaths()
        var options = plan.options(sequenceLength: arguments.data.sequenceLength ?? SequenceLength.standard)
        options.totalSteps = arguments.optimizer.steps ?? options.schedule.warmupSteps + 1
        try options.validate()
        let weighting = try plan.weighting(stop: stop)
        try (weighting as? ProgramWeighting)?.check()
        return weighting
    }

    private func loadStudent(_ findings: inout Findings) throws -> TrainableTransformer {
        terminal.status("reading the student")
        let workers = try arguments.run.compute.workers()
        let student = try TrainableTransformer(
            checkpoint: Checkpoint(model: arguments.student, ignoring: arguments.run.compute.ignoredConfigFields),
            precision: arguments.optimizer.precision, workers: workers)
        for remark in student.description.remarks { findings.add(.doubtful, "student", remark) }
        try arguments.optimizer.update.adamW.check(student.parameters)
        findings.add(
            .fine, "student",
            "\(student.description.family), \(Format.count(Double(student.description.parameterCount))) parameters, reads "
                + "\(student.description.contextLength) tokens")
        return student
    }

    /// Of the frozen model that static weights compare the teacher with; 0 where there is none in this process.
    private func baseBytes(_ weighting: (any TokenWeighting)?, length: Int) throws -> Int {
        guard weighting?.studentSource == .base, arguments.teacher.weightsAt == .trainer else { return 0 }
        let footprint = try ModelFootprint(
            checkpoint: Checkpoint(model: arguments.student, ignoring: arguments.run.compute.ignoredConfigFields),
            precision: arguments.optimizer.precision, workers: arguments.run.compute.workers(),
            maxBatchTokens: arguments.optimizer.microBatchSequences * length, maxSegmentTokens: length)
        return footprint.parameterBytes + footprint.scratchBytes
    }

    private func readSample(
        _ text: TextSide, length: Int, directory: String, _ weighting: (any TokenWeighting)?,
        _ findings: inout Findings
    ) throws -> CorpusSample {
        terminal.status("reading a sample of the corpus")
        let sample = try CorpusSample(
            corpusSources(), text: text, sequenceLength: length, attention: arguments.data.attention,
            tokens: sampleTokens, directory: directory)
        for remark in sample.remarks { findings.add(.doubtful, "corpus", remark) }
        try text.unreadable.check(sample.corpus, terminal, stop)
        if let first = sample.firstBadLine {
            findings.add(
                arguments.data.records.skipBadLines ? .doubtful : .wrong, "corpus",
                "\(sample.badLines) bad lines in the sample, the first: \(first)")
        }
        let total = sample.estimatedTokens.map {
            (sample.isWhole ? "" : "about ") + Format.count(Double($0)) + " tokens"
        }
        findings.add(
            .fine, "corpus",
            "\(total ?? "size unknown (compressed, or read by a program)"); \(sample.documents) documents of it tried")
        if let weighting {
            try DomainCheck(weighting).check(sample.corpus) { try sample.corpusHolds(domain: $0, stop: stop) }
        }
        try DomainTeachers.check(arguments.teacher.domainTeachers.map(\.domain), sample.corpus) {
            try sample.corpusHolds(domain: $0, stop: stop)
        }
        return sample
    }

    private func corpusSources() throws -> [CorpusSample.Source] {
        let fields = arguments.data.records.fields
        guard let mix = try plan.mix else {
            let files = try CorpusFiles(arguments.data.corpus, readers: fields.readers)
            return [CorpusSample.Source(name: "corpus", files: files, fields: fields)]
        }
        return try mix.sources.map { source in
            let files = try CorpusFiles(source.paths, readers: fields.readers)
            var fields = fields
            fields.text = source.textField ?? fields.text
            return CorpusSample.Source(name: source.name, files: files, fields: fields)
        }
    }

    /// Its files, and which of them are trained on.
    private func examineHeldOut(_ findings: inout Findings) throws {
        let files = try CorpusFiles(arguments.data.evalCorpus, readers: arguments.data.records.fields.readers)
        for remark in files.remarks(isHeldOut: true) { findings.add(.doubtful, "held-out", remark) }
        for source in try corpusSources() {
            for path in files.shared(with: source.files) {
                findings.add(.doubtful, "held-out", "\(path) is trained on too: its loss is not a held-out one")
            }
        }
    }

    /// Enough of it to know how many tokens the whole has.
    private func heldOutSample(_ text: TextSide, length: Int, directory: String) throws -> CorpusSample {
        try Directory.create(directory)
        let source = CorpusSample.Source(
            name: "held-out",
            files: try CorpusFiles(arguments.data.evalCorpus, readers: arguments.data.records.fields.readers),
            fields: arguments.data.records.fields)
        return try CorpusSample(
            [source], text: text, sequenceLength: length, attention: .document, tokens: sampleTokens,
            directory: directory)
    }

    private func ask(
        _ teacher: SampleTeachers, _ windows: [TrainingWindow], _ weighting: any TokenWeighting, _ domains: [String],
        _ findings: inout Findings
    ) throws -> [TeacherScores] {
        let logProbs = try teacher.logProbs(windows, domains: domains, &findings)
        let entropies = weighting.needsEntropies ? try teacher.entropies(windows, domains: domains) : nil
        return logProbs.indices.map { TeacherScores(logProbs: logProbs[$0], entropies: entropies?[$0] ?? []) }
    }

    /// Token weights, the time of a step, and what follows for the whole run.
    private func trySample(
        _ sample: CorpusSample, student: TrainableTransformer, _ weighting: any TokenWeighting,
        teacher: SampleTeachers?, length: Int, heldOutTokens: Int?, _ findings: inout Findings
    ) throws {
        try teacher?.checkReadable(sample.corpus) {
            try $0.check(sample.corpus, domains: $1, terminal, stop)
        }
        let plan = try sample.corpus.plan(seed: arguments.optimizer.seed, epoch: 0)
        let windows = try (0..<plan.windowCount).map { try sample.corpus.window(plan.window($0)) }
        let answer = try teacher.map { try ask($0, windows, weighting, sample.corpus.domains, &findings) }
        try stop.throwIfRequested()
        terminal.status("the student reads the sample")
        let reading = ContinuousClock.now
        let own = try windows.map { window in
            try student.logProbs(
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
        let mix = try self.plan.mix
        RunEstimate(
            parameters: student.description.parameterCount, tokens: sample.estimatedTokens,
            phaseTokens: mix.flatMap { $0.phases.isEmpty ? nil : $0.phases.reduce(0) { $0 + $1.tokens } },
            documentTokens: Double(statistics.tokens) / Double(max(1, sample.documents)),
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
}

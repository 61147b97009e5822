import Annealing
import Checkpoints
import CommandLines
import Corpora
import Digests
import Examinations
import Formats
import Foundation
import System
import TeacherLinks
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
        let read = findings.examining("student") { try loadStudent(&$0) }
        let student = read?.student
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
                let known = read.flatMap { read in
                    length.flatMap { length in
                        text.map {
                            RunPlace.Known(
                                sequenceLength: length, tokenizer: $0.tokenizer.fingerprint.hex,
                                student: read.fingerprint.hex)
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
        try stop.throwIfRequested()
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
        if let text, let length, let read, needsTeacher {
            teacher = findings.examining("teacher") { findings in
                try findTeachers(
                    text, weighting ?? plan.weighting(), student: read.fingerprint, length: length,
                    vocabularySize: read.student.description.vocabularySize, &findings)
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
        // What was broken off is no finding.
        try stop.throwIfRequested()
        return findings
    }

    var isDistilled: Bool { arguments.teacher.distillation != nil }

    func distilled(_ student: TrainableTransformer) -> DistilledTeacher? {
        arguments.teacher.distillation.map {
            DistilledTeacher($0, vocabularySize: student.description.vocabularySize)
        }
    }

    var plan: TrainingPlan {
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

    private func loadStudent(
        _ findings: inout Findings
    ) throws -> (student: TrainableTransformer, fingerprint: SHA256Digest) {
        terminal.status("reading the student")
        let workers = try arguments.run.compute.workers()
        let files = try Checkpoint(model: arguments.student, ignoring: arguments.run.compute.ignoredConfigFields)
        let student = try TrainableTransformer(
            checkpoint: files, precision: arguments.optimizer.precision, workers: workers)
        for remark in student.description.remarks { findings.add(.doubtful, "student", remark) }
        try arguments.optimizer.update.adamW.check(student.parameters)
        findings.add(
            .fine, "student",
            "\(student.description.family), \(Format.count(Double(student.description.parameterCount))) parameters, reads "
                + "\(student.description.contextLength) tokens")
        return (student, try files.modelFingerprint())
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

}

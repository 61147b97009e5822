import Annealing
import CommandLines
import Corpora
import Digests
import Foundation
import RunFiles
import ScoreFiles
import System
import TeacherLinks
import Tokenizers
import TokenWeights
import Training
import Transformers

/// What a training command asks for, whichever command it was.
struct TrainingPlan: Sendable {

    var command: String
    var student: Student
    var data: DataArguments
    var optimizer: OptimizerArguments
    var run: RunArguments
    var teacher: TeacherArguments
    /// nil: in the run's directory.
    var tensorboard: String?
    /// Steps between exports; 0: none.
    var exportEvery: Int
    /// The file of --mix, read once: the lineage names what was trained on.
    let mix: MixFile?

    init(
        command: String, student: Student, data: DataArguments, optimizer: OptimizerArguments, run: RunArguments,
        teacher: TeacherArguments, output: OutputArguments
    ) throws {
        self.command = command
        self.student = student
        self.data = data
        self.optimizer = optimizer
        self.run = run
        self.teacher = teacher
        tensorboard = output.tensorboard
        exportEvery = output.exportEvery
        mix = try data.mix.map { try MixFile($0) }
    }

    /// What a run distils; nil where its objective is another.
    var distillation: DistillationOptions? { teacher.distillation }

    /// Distillation has a plain next-token part, or none.
    private var choice: Weighting {
        var choice = distillation == nil ? teacher.weights.choice : Weighting(NextTokenPrediction.name)
        choice.raisedDomain = teacher.raisedDomain
        return choice
    }

    func needsTeacher(_ weighting: any TokenWeighting) -> Bool { weighting.needsTeacher || distillation != nil }

    /// - Parameter stop: ends the waiting for a program of one's own.
    func weighting(stop: StopFlag? = nil) throws -> any TokenWeighting {
        var choice = choice
        choice.permutationSeed = optimizer.seed
        if choice.program != nil {
            try choice.validate()
            return ProgramWeighting(
                choice, teacher: teacher.logprobsFrom != nil ? .files : teacher.server.isEmpty ? .none : .servers,
                timeout: teacher.weightingTimeout.duration, stop: stop)
        }
        return try choice.make(withControls: true)
    }

    /// The options but for `totalSteps`, which with --epochs depends on the corpus.
    func options(sequenceLength: Int) -> AnnealingOptions {
        var options = AnnealingOptions()
        options.weighting = choice
        options.distillation = distillation
        options.normalizer = teacher.normalizer
        options.zLossWeight = optimizer.zLossWeight
        options.attention = data.attention
        options.order = data.order == .shuffled ? nil : data.order
        options.sequenceLength = sequenceLength
        options.evaluateEvery = data.evalEvery
        options.keepBest = data.keepBest ? true : nil
        options.stopAfterWorse = data.stopAfterWorse
        options.batchSequences = optimizer.batchSequences
        options.microBatchSequences = optimizer.microBatchSequences
        options.schedule = optimizer.update.learningRateSchedule
        options.optimizer = optimizer.update.adamW
        options.gradientClip = optimizer.update.gradClip
        options.spikes = SpikeOptions(deviations: optimizer.skipSpikes, window: optimizer.spikeWindow)
        options.seed = optimizer.seed
        options.precision = optimizer.precision
        return options
    }

    /// Looks at every path of the command line before the first is read: a corpus can take an hour. Nothing is made.
    func checkPaths() throws {
        switch student {
        case .checkpoint(let directory): try PathCheck.input(directory: directory, "--student")
        case .random(_, let directory): try PathCheck.input(directory: directory, "--tokenizer")
        }
        let readers = data.records.fields.readers
        for paths in (mix?.sources ?? []).map(\.paths) + [data.corpus, data.evalCorpus] where !paths.isEmpty {
            _ = try CorpusFiles(paths, readers: readers)
        }
        try PathCheck.input(path: optimizer.loadOptimizer, "--load-optimizer")
        try PathCheck.input(path: teacher.logprobsFrom, "--logprobs-from")
        try PathCheck.input(file: teacher.caFile, "--ca-file")
        try PathCheck.input(file: teacher.apiKeyFile, "--api-key-file")
        try PathCheck.output(directory: run.out, "--out")
        try PathCheck.output(directory: tensorboard, "--tensorboard")
        try PathCheck.output(directory: data.tokenCache, "--token-cache")
    }

    /// What a resumed run may have other than before.
    var permissions: ResumePermissions {
        var permissions = ResumePermissions()
        permissions.numericsChange = run.allowNumericsChange
        permissions.teacherChange = teacher.allowTeacherChange
        permissions.scoresChange = teacher.allowMixedScores
        permissions.corpusChange = data.allowCorpusChange
        permissions.learningRateChange = run.allowLearningRateChange
        return permissions
    }

    /// - Parameters:
    ///   - name: of the teacher; nil: the servers' default.
    ///   - tokenizer: fingerprint of the student's.
    ///   - student: fingerprint of the parameters that the run starts from.
    ///   - vocabularySize: the student's.
    func teacherNeeds(
        _ weighting: any TokenWeighting, teacher name: String?, tokenizer: String, student: SHA256Digest,
        sequenceLength: Int, vocabularySize: Int
    ) -> TeacherNeeds {
        let usesBase = teacher.weightsAt == .server && weighting.studentSource == .base
        return TeacherNeeds(
            teacher: name, tokenizer: tokenizer, sequenceLength: sequenceLength,
            distilled: distillation.map { DistilledTeacher($0, vocabularySize: vocabularySize) },
            entropies: weighting.needsEntropies,
            baseStudent: usesBase ? student.hex : nil)
    }

    /// The parameters that the run starts from, opened.
    ///
    /// - Throws: what is wrong with the student's checkpoint.
    func studentSource() throws -> StudentSource {
        try StudentSource(student, seed: optimizer.seed, ignoring: run.compute.ignoredConfigFields)
    }

    /// What must agree with scores on disk.
    func scoresReader(_ text: TextSide, sequenceLength: Int) throws -> ScoresReader {
        let paths = mix?.sources.flatMap(\.paths) ?? data.corpus
        let files = try CorpusFiles(paths, readers: data.records.fields.readers)
        return ScoresReader(
            tokenizerFingerprint: text.tokenizer.fingerprint.hex, sequenceLength: sequenceLength,
            endOfSequence: text.encoder.endOfSequence, corpus: files.files.map(\.path))
    }

}

import Annealing
import ArgumentParser
import Checkpoints
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
    /// Where the student comes from.
    enum Student: Sendable {
        /// A Hugging Face directory.
        case checkpoint(String)
        /// Random weights of this architecture; the directory holds the tokenizer.
        case random(ConfigurationObject, textDirectory: String)

        var textDirectory: String {
            switch self {
            case .checkpoint(let directory): directory
            case .random(_, let directory): directory
            }
        }

        /// Directory of the checkpoint, for people.
        var name: String {
            switch self {
            case .checkpoint(let path): path
            case .random: "random weights"
            }
        }

        func textSide() throws -> TextSide {
            switch self {
            case .checkpoint(let directory):
                try ModelDirectory.check(directory)
                return try TextSide(directory: directory)
            case .random(let configuration, let directory):
                return try TextSide(directory: directory, configuration: configuration)
            }
        }

        /// Which parameters the run starts from.
        func fingerprint(seed: UInt64, ignoring fields: Set<String>) throws -> SHA256Digest {
            switch self {
            case .checkpoint(let directory):
                return try Checkpoint(model: directory, ignoring: fields).modelFingerprint()
            case .random(let configuration, _):
                return RandomStudent(configuration, seed: seed).fingerprint
            }
        }

        /// Whether a run of an earlier version began with this student and said so in the way of its time.
        func isNamed(byEarlier fingerprint: String, seed: UInt64) -> Bool {
            guard case .random(let configuration, _) = self else { return false }
            return RandomStudent(configuration, seed: seed).earlierFingerprint.hex == fingerprint
        }
    }

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

    /// What can be told from the command line alone, before anything is read.
    func validate() throws {
        guard !data.corpus.isEmpty || data.mix != nil else {
            throw ValidationError("Missing expected argument '--corpus <path>' or '--mix <file>'")
        }
        guard data.corpus.isEmpty || data.mix == nil else { throw ValidationError("give --corpus or --mix, not both") }
        guard optimizer.steps == nil || optimizer.epochs == nil else {
            throw ValidationError("give --steps or --epochs, not both")
        }
        guard mix?.phases.isEmpty ?? true || (optimizer.steps == nil && optimizer.epochs == nil) else {
            throw ValidationError("the phases of --mix say how long the run is: leave --steps and --epochs out")
        }
        try validateHeldOut()
        let weighting = try weighting()
        guard teacher.server.isEmpty || teacher.logprobsFrom == nil else {
            throw ValidationError("give --server or --logprobs-from, not both")
        }
        guard !teacher.spread || teacher.server.count > 1 else {
            throw ValidationError("--spread needs more than one --server to spread over")
        }
        guard teacher.hedgeAfter == nil || teacher.server.count > 1 else {
            throw ValidationError("--hedge-after needs a second --server to ask")
        }
        guard teacher.logprobsFrom == nil || teacher.weightsAt == .trainer else {
            throw ValidationError("--weights-at server needs a --server; files hold log-probs, not weights")
        }
        guard teacher.logprobsFrom == nil || data.attention == .document else {
            throw ValidationError(
                "--attention window needs a --server: files hold log-probs of segments, and with it they belong to windows"
            )
        }
        try validateTeachers()
        try validateDistillation()
        guard teacher.weights.program != "" else {
            throw ValidationError("--weighting program= lacks its command, as in --weighting program='python3 w.py'")
        }
        guard teacher.weights.program == nil || teacher.weightsAt == .trainer else {
            throw ValidationError("--weighting program=... needs --weights-at trainer: the program runs here")
        }
        guard !weighting.needsTeacher || !teacher.server.isEmpty || teacher.logprobsFrom != nil else {
            throw ValidationError(
                "--weighting \(weighting.name) needs a teacher: give --server URL or --logprobs-from DIR, or --weighting ntp for plain "
                    + "next-token loss")
        }
    }

    /// - Parameters:
    ///   - name: of the teacher; nil: the servers' default.
    ///   - tokenizer: the student's fingerprint.
    ///   - vocabularySize: the student's.
    func teacherNeeds(
        _ weighting: any TokenWeighting, teacher name: String?, tokenizer: String, sequenceLength: Int,
        vocabularySize: Int
    ) throws -> TeacherNeeds {
        let usesBase = teacher.weightsAt == .server && weighting.studentSource == .base
        return TeacherNeeds(
            teacher: name, tokenizer: tokenizer, sequenceLength: sequenceLength,
            distilled: distillation.map { DistilledTeacher($0, vocabularySize: vocabularySize) },
            entropies: weighting.needsEntropies,
            baseStudent: usesBase
                ? try student.fingerprint(seed: optimizer.seed, ignoring: run.compute.ignoredConfigFields).hex : nil)
    }

    /// What must agree with scores on disk.
    func scoresReader(_ text: TextSide, sequenceLength: Int) throws -> ScoresReader {
        let paths = mix?.sources.flatMap(\.paths) ?? data.corpus
        let files = try CorpusFiles(paths, readers: data.records.fields.readers)
        return ScoresReader(
            tokenizerFingerprint: text.tokenizer.fingerprint.hex, sequenceLength: sequenceLength,
            endOfSequence: text.encoder.endOfSequence, corpus: files.files.map(\.path))
    }

    private func validateHeldOut() throws {
        let asking = [
            ("--keep-best", data.keepBest), ("--stop-after-worse", data.stopAfterWorse != nil),
            ("--eval-every", data.evalEvery > 0),
        ]
        for (flag, isGiven) in asking where isGiven && data.evalCorpus.isEmpty {
            throw ValidationError("\(flag) goes by the held-out loss: give --eval-corpus FILE")
        }
        guard data.stopAfterWorse == nil || data.evalEvery > 0 else {
            throw ValidationError("--stop-after-worse goes by held-out losses on the way: give --eval-every STEPS")
        }
    }

    private func validateTeachers() throws {
        let domains = teacher.domainTeachers.map(\.domain)
        guard teacher.teacher.count - domains.count <= 1 else {
            throw ValidationError(
                "give one --teacher NAME for all documents; another teaches a domain of its own: --teacher DOMAIN=NAME")
        }
        for (index, domain) in domains.enumerated() where domains[..<index].contains(domain) {
            throw ValidationError("--teacher \(domain)=... is given twice; a domain has one teacher")
        }
        guard let domain = domains.first else {
            guard teacher.mainTeacher == nil || !teacher.server.isEmpty else {
                throw ValidationError(
                    "--teacher chooses among the teachers of a server: give --server URL, or leave it out")
            }
            return
        }
        let flag = "--teacher \(domain)=..."
        guard teacher.logprobsFrom == nil else {
            throw ValidationError("\(flag) needs a --server: files hold the log-probs of one teacher")
        }
        guard !teacher.server.isEmpty else { throw ValidationError("\(flag) needs a --server that has this teacher") }
        guard teacher.weightsAt == .trainer else {
            throw ValidationError("\(flag) needs --weights-at trainer: a server knows one teacher at a time")
        }
        guard data.attention == .document else {
            throw ValidationError(
                "\(flag) needs --attention document: with attention over the window documents of two domains are read as one"
            )
        }
    }

    private func validateDistillation() throws {
        let name = "--objective \(teacher.objective.rawValue)"
        let isOwnOfKD = [
            ("--kd-top-k", teacher.kdTopK != nil), ("--kd-weight", teacher.kdWeight != nil),
            ("--kd-divergence", teacher.kdDivergence != nil), ("--kd-temperature", teacher.kdTemperature != nil),
        ]
        for (flag, isGiven) in isOwnOfKD where isGiven && teacher.objective == .weighted {
            throw ValidationError("\(flag) is of distillation: give --objective kd or switch-kd, or leave it out")
        }
        guard teacher.kdQuantile == nil || teacher.objective == .switchKD else {
            throw ValidationError(
                "--kd-quantile chooses the tokens of --objective switch-kd: \(name) distils all of them")
        }
        guard teacher.objective != .weighted else { return }
        guard teacher.objective != .switchKD || teacher.kdWeight ?? 1 == 1 else {
            throw ValidationError("--objective switch-kd gives each token one loss: leave --kd-weight out")
        }
        guard teacher.logprobsFrom == nil else {
            throw ValidationError(
                "\(name) needs a --server: files hold the log-prob of each token, not the teacher's distribution"
            )
        }
        guard !teacher.server.isEmpty else {
            throw ValidationError("\(name) needs a teacher: give --server URL")
        }
        guard teacher.weightsAt == .trainer else {
            throw ValidationError("\(name) has no token weights: leave --weights-at out")
        }
        guard ["remit", "ntp"].contains(teacher.weights.weighting) else {
            throw ValidationError("\(name) has no token weights: leave --weighting out")
        }
        if let flag = teacher.weights.options.given {
            throw ValidationError("\(name) has no token weights: leave \(flag) out")
        }
    }
}

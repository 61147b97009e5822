import Annealing
import CommandLines
import Corpora
import Formats
import RunFiles
import System
import TeacherLinks
import TokenWeights
import Training
import Transformers

/// What a student is taught with.
struct RunMaterial {
    let weighting: any TokenWeighting
    /// nil where the run needs none.
    let teacher: RunTeacher?
    let training: Corpus
    let heldOut: Corpus?
    /// With the number of steps that the corpus makes of the epochs asked for.
    let options: AnnealingOptions
    /// The first epoch.
    let epoch: EpochPlan
}

extension TrainingRun {
    /// Asks the teacher, reads the corpora, and checks that all of it goes together.
    func material(_ opened: OpenedRun) throws -> RunMaterial {
        let weighting = try plan.weighting(stop: stop)
        // Before a corpus is read for an hour: whether it is a program that answers.
        try (weighting as? ProgramWeighting)?.check()
        let teacher =
            plan.needsTeacher(weighting)
            ? try connect(
                opened.text, opened.sequenceLength, weighting, student: opened.fingerprint,
                vocabularySize: opened.student.description.vocabularySize, saved: opened.saved?.state) : nil

        let corpora = try loadCorpora(opened)
        try DomainCheck(weighting).check(corpora.training)
        try DomainTeachers.check(plan.teacher.domainTeachers.map(\.domain), corpora.training)
        for corpus in [corpora.training, corpora.heldOut].compactMap(\.self) {
            try opened.text.unreadable.check(corpus, terminal, stop)
        }
        try teacher?.check(corpora.training) { what, share in
            try stop.throwIfRequested()
            terminal.status("looking for \(what): \(Format.percent(share))")
        }
        var options = plan.options(sequenceLength: opened.sequenceLength)
        let epoch = try corpora.training.plan(seed: options.seed, epoch: 0)
        options.totalSteps = try totalSteps(corpora.training, epoch)
        try options.validate()
        terminal.line(
            "\(options.totalSteps) steps; \(epoch.windowCount) windows of \(opened.sequenceLength) tokens an epoch, "
                + "\(Format.percent(epoch.paddingShare)) of their room unused")
        return RunMaterial(
            weighting: weighting, teacher: teacher, training: corpora.training, heldOut: corpora.heldOut,
            options: options, epoch: epoch)
    }

    private func loadCorpora(_ opened: OpenedRun) throws -> (training: Corpus, heldOut: Corpus?) {
        let loader = CorpusLoader(
            text: opened.text, cacheDirectory: plan.data.tokenCache ?? opened.directory.tokensPath,
            fields: plan.data.records.fields,
            skipBadLines: plan.data.records.skipBadLines,
            sequenceLength: opened.sequenceLength, notices: LoadingNotices(terminal), stop: stop)
        let training =
            try plan.mix.map {
                try loader.load(
                    $0.sources, phases: $0.phases, attention: plan.data.attention, order: plan.data.order)
            }
            ?? loader.load(
                plan.data.corpus, role: "corpus", attention: plan.data.attention, order: plan.data.order)
        let heldOut =
            plan.data.evalCorpus.isEmpty
            ? nil : try loader.loadHeldOut(plan.data.evalCorpus, role: "held-out corpus", beside: training)
        return (training, heldOut)
    }

    private func totalSteps(_ corpus: Corpus, _ first: EpochPlan) throws -> Int {
        if let steps = plan.optimizer.steps { return steps }
        return try WindowStream.stepCount(
            corpus, seed: plan.optimizer.seed, epochs: plan.optimizer.epochs ?? 1,
            windows: plan.optimizer.batchSequences, known: first)
    }
}

import Annealing
import Corpora
import TeacherLinks
import Tensors
import TokenWeights
import Training
import Transformers

extension TrainingRun {
    /// The computation of a step, with the sources of its weights and soft targets.
    func trainStep(_ opened: OpenedRun, _ material: RunMaterial, _ optimizer: AdamW) throws -> TrainStep {
        let domains = material.training.domains
        return TrainStep(
            student: opened.student, optimizer: optimizer, weighting: material.weighting,
            weightSource: try weightSource(
                material.weighting, material.teacher, domains, base: opened.source, opened.workers),
            options: material.options,
            distillation: distillation(
                material.teacher, vocabularySize: opened.student.description.vocabularySize, domains),
            nextTokenOnOutage: plan.teacher.onOutage == .ntp)
    }

    private func distillation(_ teacher: RunTeacher?, vocabularySize: Int, _ domains: [String]) -> Distillation? {
        guard let options = plan.distillation else { return nil }
        let distilled = DistilledTeacher(options, vocabularySize: vocabularySize)
        return teacher?.softTargetSource(distilled, domains: domains).map { Distillation(options, from: $0) }
    }

    private func weightSource(
        _ weighting: any TokenWeighting, _ teacher: RunTeacher?, _ domains: [String], base source: StudentSource,
        _ workers: WorkerPool
    ) throws -> any WeightSource {
        guard let teacher, weighting.needsTeacher else {
            return LocalTokenWeights(weighting, teacher: nil, domains: domains)
        }
        if plan.teacher.weightsAt == .server, case .server(let connection) = teacher {
            return connection.serverWeights(weighting, plan.teacher.weights.choice)
        }
        var base: FrozenLogProbs?
        if weighting.studentSource == .base,
            let model = try source.frozen(precision: plan.optimizer.precision, workers: workers)
        {
            base = FrozenLogProbs(model, windowsPerForward: plan.optimizer.microBatchSequences)
        }
        if weighting.needsEntropies, let scores = teacher.teacherScoreSource(domains: domains) {
            return LocalTokenWeights(weighting, scores: scores, base: base, domains: domains)
        }
        return LocalTokenWeights(
            weighting, teacher: teacher.logProbSource(domains: domains), base: base, domains: domains)
    }
}

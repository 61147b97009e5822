import Foundation

/// All rounds of one base, stage by stage.
struct BaseRun {
    let seed: UInt64
    let plan: FlywheelPlan
    let stages: FlywheelStages
    let runner: StageRunner
    let teachers: BaseTeachers

    func run() throws {
        defer { teachers.finish() }
        for stage in stages.pretraining(seed) { try runner.run(stage) }
        for round in 1...plan.rounds {
            // The baseline has no teacher, and its post-trained model is the first one.
            if round == 1 { try baseline() }
            for method in plan.methods where method.name != FlywheelMethod.baseline { try midTraining(method, round) }
            try teachers.note(round: round)
            for method in plan.methods where method.name != FlywheelMethod.baseline { try finish(method, round) }
        }
    }

    private func model(_ method: String, _ round: Int, _ phase: FlywheelModel.Phase = .mid) -> FlywheelModel {
        FlywheelModel(seed: seed, round: round, method: method, phase: phase)
    }

    private func baseline() throws {
        guard let method = plan.methods.first(where: { $0.name == FlywheelMethod.baseline }) else { return }
        try runner.run(stages.midTraining(model(method.name, 1), method, teacher: []))
        try finish(method, 1)
    }

    /// A method that is done needs no server.
    private func midTraining(_ method: FlywheelMethod, _ round: Int) throws {
        let model = model(method.name, round)
        let known = stages.midTraining(model, method, teacher: [])
        guard try !runner.isDone(known) else { return try runner.run(known) }
        try runner.run(stages.midTraining(model, method, teacher: try teacher(of: method, round)))
    }

    /// The tuned models of the round before; in the first round the baseline's.
    private func teacher(of method: FlywheelMethod, _ round: Int) throws -> [String] {
        let source = round == 1 ? FlywheelMethod.baseline : plan.nextTeacher
        let phase: FlywheelModel.Phase? =
            switch method.teacher {
            case .none: nil
            case .reinforced: .reinforced
            case .supervised: .tuned
            case .midTrained: .mid
            }
        guard let phase else { return [] }
        return try teachers.arguments(method.teacher, round: round, model(source, max(1, round - 1), phase))
    }

    /// Evaluations, and post-training where the plan wants it.
    private func finish(_ method: FlywheelMethod, _ round: Int) throws {
        for stage in stages.evaluationsOnTheWay(model(method.name, round)) { try runner.run(stage) }
        try runner.run(stages.evaluation(model(method.name, round)))
        guard plan.isPostTrained(method.name) else { return }
        for stage in stages.postTraining(model(method.name, round)) { try runner.run(stage) }
        for phase in [FlywheelModel.Phase.tuned, .reinforced] {
            try runner.run(stages.evaluation(model(method.name, round, phase)))
        }
    }
}

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
            if plan.baselineRound(round) == round { try baseline(round) }
            let others = plan.methods.filter { $0.name != FlywheelMethod.baseline }
            for method in others {
                try midTraining(method, round)
                // Whoever teaches others of the round is whole before them.
                if others.contains(where: { $0.teacherMethod == method.name }) { try finish(method, round) }
            }
            try teachers.note(round: round)
            for method in others { try finish(method, round) }
        }
    }

    private func model(_ method: String, _ round: Int, _ phase: FlywheelModel.Phase = .mid) -> FlywheelModel {
        FlywheelModel(seed: seed, round: round, method: method, phase: phase)
    }

    private func baseline(_ round: Int) throws {
        guard let method = plan.methods.first(where: { $0.name == FlywheelMethod.baseline }) else { return }
        try runner.run(stages.midTraining(model(method.name, round), method, teacher: []))
        try finish(method, round)
    }

    /// A method that is done needs no server.
    private func midTraining(_ method: FlywheelMethod, _ round: Int) throws {
        for stage in stages.ownCorpus(of: method, seed) { try runner.run(stage) }
        let model = model(method.name, round)
        let known = stages.midTraining(model, method, teacher: [])
        guard try !runner.isDone(known) else { return try runner.run(known) }
        let teacher = try teacher(of: method, round)
        // A trainer waits for a server that is away: of one that has ended it would never hear.
        try runner.run(stages.midTraining(model, method, teacher: teacher)) { teachers.failure }
    }

    /// The tuned models of the round before, in the first round the baseline's; or of the method that the method names.
    private func teacher(of method: FlywheelMethod, _ round: Int) throws -> [String] {
        let source = method.teacherMethod ?? (round == 1 ? FlywheelMethod.baseline : plan.nextTeacher)
        let phase: FlywheelModel.Phase? =
            switch method.teacher {
            case .none: nil
            case .reinforced: .reinforced
            case .supervised: .tuned
            case .midTrained: .mid
            }
        guard let phase else { return [] }
        let made = method.teacherMethod == nil ? max(1, round - 1) : round
        return try teachers.arguments(
            name: "round-\(round)-" + (method.teacherMethod.map { $0 + "-" } ?? "") + method.teacher.rawValue,
            model(source, made, phase), isDefault: method.teacherMethod == nil && method.teacher == .reinforced)
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

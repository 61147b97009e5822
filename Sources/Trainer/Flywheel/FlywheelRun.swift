import Coding
import Foundation
import System

/// A flywheel from its plan to its results. What is done already is not done again.
package struct FlywheelRun: Sendable {
    /// The two programs that do the work.
    package struct Programs: Sendable {
        /// `remit-trainer`, which every stage runs.
        package let trainer: FlywheelProgram
        /// `remit-server`, of which each base that needs a teacher starts one.
        package let server: FlywheelProgram

        package init(trainer: FlywheelProgram, server: FlywheelProgram) {
            self.trainer = trainer
            self.server = server
        }
    }

    private let plan: FlywheelPlan
    private let paths: FlywheelPaths
    private let programs: Programs
    private let vocabularySize: Int
    private let jobs: Int
    private let version: String
    private let deletesModels: Bool
    private let stop: StopFlag
    private let onStage: @Sendable (String) -> Void

    /// Holds what to do; nothing is read or written before `run()`.
    ///
    /// - Parameters:
    ///   - out: directory of everything that is made.
    ///   - vocabularySize: of the bases' models, the end-of-text token included.
    ///   - jobs: bases that are worked on at a time, 1 or more.
    ///   - version: of the program, kept with each base's results.
    ///   - deletesModels: whether a base's corpora and models are deleted when its results are written.
    ///   - onStage: told of each stage as it starts, in a line: which of how many it is, its name, how long all will take. On the caller's
    ///     thread or a base's, so that calls may overlap.
    package init(
        _ plan: FlywheelPlan, out: String, programs: Programs, vocabularySize: Int, jobs: Int,
        version: String, deletesModels: Bool = false, stop: StopFlag,
        onStage: @escaping @Sendable (String) -> Void
    ) {
        self.plan = plan
        paths = FlywheelPaths(out)
        self.programs = programs
        self.vocabularySize = vocabularySize
        self.jobs = jobs
        self.version = version
        self.deletesModels = deletesModels
        self.stop = stop
        self.onStage = onStage
    }

    /// Writes the plan, runs what is left of the stages, writes each base's results as soon as it is finished, and all of them to
    /// `results.json`. Blocks until then.
    ///
    /// Of a base that is finished nothing but its results is looked at; where all are, no stage is.
    ///
    /// The first error of a base stops the others at their current stage; the same call continues later.
    ///
    /// - Throws: `FlywheelError`: among others `.otherPlan` where the directory holds another plan, `.stageFailed`,
    ///   `.serverEnded`, `.interrupted`. Errors of the scoring client, of files and of checkpoints pass through.
    package func run() throws -> FlywheelResults {
        try plan.validate()
        try writePlan()
        let stages = FlywheelStages(plan, paths)
        let runner = StageRunner(
            paths, trainer: programs.trainer, stop: stop,
            progress: FlywheelProgress(stages.all.map(\.name), jobs: jobs), onStage: onStage)
        if try plan.seeds.contains(where: { try finishedPart($0) == nil }) {
            try AtomicFile.write(
                paths.modelConfiguration,
                contents: Array(stages.modelConfiguration(vocabularySize: vocabularySize).utf8))
            for stage in stages.shared { try runner.run(stage) }
        }
        try runBases { seed in
            if try finishedPart(seed) == nil {
                try BaseRun(
                    seed: seed, plan: plan, stages: stages, runner: runner,
                    teachers: BaseTeachers(program: programs.server, paths: paths, stop: stop, seed: seed)
                ).run()
                let part = try BasePart(seed: seed, plan: plan, paths: paths, version: version)
                try StageRunner.write(part, to: paths.part(seed))
            } else {
                runner.skip(stages.base(seed))
            }
            if deletesModels { try? FileManager.default.removeItem(atPath: paths.base(seed)) }
        }
        let results = FlywheelResults(plan, try plan.seeds.map { try BasePart(contentsOf: paths.part($0)) })
        try StageRunner.write(results, to: paths.results)
        return results
    }

    /// What an earlier call, or another machine, found of a base; nil where nobody has finished it.
    private func finishedPart(_ seed: UInt64) throws -> BasePart? {
        let path = paths.part(seed)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let part = try BasePart(contentsOf: path)
        guard try part.seed == seed && part.planFingerprint == plan.fingerprint else {
            throw FlywheelError.otherPlan(path: path)
        }
        return part
    }

    /// The plan is written before the first stage, and must be the same when the flywheel is continued.
    private func writePlan() throws {
        if let data = FileManager.default.contents(atPath: paths.plan) {
            guard let earlier = try? StateCoding.flywheel.value(FlywheelPlan.self, from: data), earlier == plan else {
                throw FlywheelError.otherPlan(path: paths.root)
            }
            return
        }
        do {
            try StageRunner.write(plan, to: paths.plan)
        } catch {
            throw FlywheelError.fileFailed(path: paths.plan, reason: "\(error)")
        }
    }

    /// Some bases at a time, each on a thread of its own. The first error stops all.
    private func runBases(_ body: @escaping @Sendable (UInt64) throws -> Void) throws {
        let work = BaseQueue(plan.seeds)
        let finished = DispatchSemaphore(value: 0)
        let threads = min(jobs, plan.seeds.count)
        for _ in 0..<threads {
            do {
                try DetachedThread.start("remit-flywheel", stackBytes: 4 << 20) {
                    while let seed = work.next() {
                        do {
                            try body(seed)
                        } catch {
                            work.fail(error)
                            stop.request()
                        }
                    }
                    finished.signal()
                }
            } catch {
                work.fail(error)
                stop.request()
                finished.signal()
            }
        }
        for _ in 0..<threads { finished.wait() }
        if let error = work.error { throw error }
    }
}

/// Bases that wait, and the first error.
private final class BaseQueue: Sendable {
    private let state: Locked<(waiting: [UInt64], error: (any Error)?)>

    init(_ seeds: [UInt64]) { state = Locked((seeds, nil)) }

    func next() -> UInt64? {
        state.withLock { state in
            guard state.error == nil, !state.waiting.isEmpty else { return nil }
            return state.waiting.removeFirst()
        }
    }

    /// An interruption that follows an error does not hide it.
    func fail(_ error: any Error) {
        state.withLock { state in
            if state.error == nil || (state.error as? FlywheelError) == .interrupted { state.error = error }
        }
    }

    var error: (any Error)? { state.withLock { $0.error } }
}

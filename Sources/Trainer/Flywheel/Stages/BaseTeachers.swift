import Foundation
import System

/// The teachers of one base: one server, started when the first is needed, taught the others while it runs, ended with the base.
final class BaseTeachers {
    private let program: FlywheelProgram
    private let paths: FlywheelPaths
    private let stop: StopFlag
    private let seed: UInt64
    private var server: TeacherServer?
    private var loaded: Set<String> = []
    private var defaultTeacher: String?
    private var cpuSeconds = 0.0

    init(program: FlywheelProgram, paths: FlywheelPaths, stop: StopFlag, seed: UInt64) {
        self.program = program
        self.paths = paths
        self.stop = stop
        self.seed = seed
    }

    /// Why a stage waits in vain for its teacher: the server has ended. nil while there is none, or it runs.
    var failure: FlywheelError? { server?.failure }

    /// What `remit-trainer anneal` is told of a teacher. The reinforced one of a round is the server's default from then on and needs no
    /// name; others are asked for by name. Of a server that runs and does not answer any more it does not wait for ever.
    ///
    /// - Throws: `FlywheelError.serverEnded` where the server that was started earlier has ended, `.serverFailed` and `.interrupted` while
    ///   it starts; errors of the scoring client pass through.
    func arguments(name: String, _ model: FlywheelModel, isDefault: Bool) throws -> [String] {
        let server = try running(firstTeacher: name, model)
        if loaded.insert(name).inserted { try server.load(paths.model(model), as: name) }
        let connection = ["--server", server.url, "--on-outage", "abort"]
        guard isDefault else { return connection + ["--teacher", name] }
        if defaultTeacher != name {
            try server.makeDefault(name)
            defaultTeacher = name
        }
        return connection
    }

    private func running(firstTeacher name: String, _ model: FlywheelModel) throws -> TeacherServer {
        if let server {
            if let failure = server.failure { throw failure }
            return server
        }
        let started = try TeacherServer(
            program: program, model: paths.model(model), name: name, modelsDirectory: paths.root,
            log: paths.log("base-\(seed)/server"), stop: stop)
        server = started
        loaded = [name]
        defaultTeacher = name
        return started
    }

    /// Writes what the passes of a round took, where this process saw them.
    func note(round: Int) throws {
        guard let now = server?.cpuSeconds else { return }
        let cost = TeacherCost(seed: seed, round: round, cpuSeconds: now - cpuSeconds)
        cpuSeconds = now
        try StageRunner.write(cost, to: paths.teacherCost(seed, round))
    }

    func finish() {
        server?.finish()
        server = nil
    }
}

/// CPU time of a base's server in one round: the passes of all methods over the same tokens, of which it keeps the log-probs.
package struct TeacherCost: Sendable, Equatable, Codable {
    /// Seed of the base.
    package var seed: UInt64
    /// Round, from 1.
    package var round: Int
    /// CPU seconds of all threads of the server, loading included. Of a round that was interrupted only what the last server took.
    package var cpuSeconds: Double
}

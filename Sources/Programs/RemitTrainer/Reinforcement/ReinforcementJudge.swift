import Annealing
import ArgumentParser
import CommandLines
import Foundation
import Reinforcement
import Tasks

/// Prompts, all of them checked, and who judges their completions.
struct ReinforcementJudge {
    /// Of prompts that are made as they are drawn: as many are looked at before the first step.
    private static let mostChecked = 10_000

    let prompts: any PromptSource
    let rewards: any RewardSource
    /// To be said at the start: lines of the file that give no prompt.
    let leftOutLine: String?

    /// What can be told of --reward before anything is read.
    ///
    /// - Throws: `ValidationError` for a text that is neither a list of families nor a command that the shell can run.
    static func check(reward: String) throws {
        guard try TaskFamilies.selection(reward) == nil, let program = RewardCommand.missingProgram(of: reward) else {
            return
        }
        let near = NearestName.of(program, among: TaskFamilies.names + ["all"])
        throw ValidationError(
            "--reward \(reward): '\(program)' is neither a task family nor a program that can be run"
                + (near.map { "; did you mean '\($0)'?" }
                    ?? "; the families are \(TaskFamilies.names.joined(separator: ", "))"))
    }

    /// - Parameter arguments: of which the options are valid.
    init(_ arguments: ReinforcementArguments, check: PromptCheck) throws {
        let families = try TaskFamilies.selection(arguments.reward)
        let tasks = try families.map { try TaskRewards(families: $0) }
        if let file = arguments.prompts {
            let found = try FilePrompts(
                contentsOf: file, seed: arguments.seed, skipsBad: arguments.skipBadPrompts
            ) { check.fault($0) ?? tasks?.fault($0) }
            prompts = found
            leftOutLine = found.leftOut.first.map {
                "\(file): \(found.count) prompts, left out \(found.leftOut.count), the first of them in line \($0.line): it \($0.reason)"
            }
        } else {
            let found = try TaskPrompts(families: families ?? TaskFamilies.names, seed: arguments.seed)
            let drawn = min(arguments.steps * arguments.promptsPerStep, Self.mostChecked)
            for index in 0..<drawn { _ = try check.ids(found.prompt(at: index)) }
            prompts = found
            leftOutLine = nil
        }
        rewards = try tasks ?? ProgramRewards(command: arguments.reward, timeout: .seconds(arguments.rewardTimeout))
    }
}

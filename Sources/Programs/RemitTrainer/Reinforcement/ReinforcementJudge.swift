import Annealing
import ArgumentParser
import CommandLines
import Corpora
import Foundation
import Reinforcement
import System
import Tasks
import Training

/// Prompts, all of them checked, and who judges their completions.
struct ReinforcementJudge {
    /// Of prompts that are made as they are drawn: as many are looked at before the first step.
    private static let mostChecked = 10_000

    let prompts: any PromptSource
    /// Fingerprint of the ids of all prompts of files; nil where tasks make them.
    let promptTokens: String?
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

    /// The files of --prompts; nil where it is not given. None is opened.
    ///
    /// - Throws: `PathCheck.Failure`, `CorpusError`.
    static func promptFiles(_ arguments: ReinforcementArguments) throws -> CorpusFiles? {
        guard let path = arguments.prompts else { return nil }
        if !path.contains("://"), !path.contains(where: { "*?[".contains($0) }) {
            try PathCheck.input(path: path, "--prompts")
        }
        return try FilePrompts.files(at: path, readers: arguments.programs.readers)
    }

    /// - Parameters:
    ///   - arguments: of which the options are valid.
    ///   - files: those of --prompts.
    ///   - tokenizer: directory of the student's.
    ///   - stop: ends the reading.
    init(
        _ arguments: ReinforcementArguments, _ files: CorpusFiles?, check: PromptCheck, tokenizer: String,
        stop: StopFlag
    ) throws {
        let families = try TaskFamilies.selection(arguments.reward)
        let tasks = try families.map { try TaskRewards(families: $0) }
        if let files {
            var tokens = PromptTokens()
            let found = try FilePrompts(
                files, tokenizer: tokenizer, seed: arguments.seed, skipsBad: arguments.skipBadPrompts,
                onWait: { try stop.throwIfRequested() }
            ) { prompt in
                let (ids, fault) = check.read(prompt)
                if let fault = fault ?? tasks?.fault(prompt.text) { return fault }
                tokens.append(ids)
                return nil
            }
            prompts = found
            promptTokens = tokens.fingerprint
            leftOutLine = found.leftOut.first.map {
                "\($0.file): \(found.count) prompts, left out \(found.leftOut.count), the first of them in line \($0.line): it \($0.reason)"
            }
        } else {
            let found = try TaskPrompts(families: families ?? TaskFamilies.names, seed: arguments.seed)
            let drawn = min(arguments.steps * arguments.promptsPerStep, Self.mostChecked)
            for index in 0..<drawn { _ = try check.ids(found.prompt(at: index)) }
            prompts = found
            promptTokens = nil
            leftOutLine = nil
        }
        rewards = try tasks ?? ProgramRewards(command: arguments.reward, timeout: .seconds(arguments.rewardTimeout))
    }
}

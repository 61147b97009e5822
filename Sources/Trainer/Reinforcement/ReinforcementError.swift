/// What stops a reinforcement, and what to do.
package enum ReinforcementError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file without a prompt that can be used; `firstFault`: of the first line that was left out, nil where none was.
    case noPrompts(path: String, firstFault: String?)
    /// A line of the prompt file, from 1, that gives no prompt.
    case badPrompt(path: String, line: Int, reason: String)
    /// A prompt that is no problem of the task families that are to reward its completions.
    case notATask(prompt: String, families: [String])
    /// A prompt that the model cannot read or has no room to complete.
    case unusablePrompt(prompt: String, reason: String)
    /// A reward program that cannot be started, ended, was late, or answered more than it was asked.
    case rewardProgramFailed(command: String, reason: String)
    /// An answer of the reward program that is no reward; `line` counts the answers of the step, from 1.
    case badReward(command: String, line: Int, got: String, expected: String)
    /// A step that came to nothing before it changed the student: it has no completions, or no rewards for them.
    case stepUndone(step: Int, reason: String)
    /// A loss or a gradient norm that is infinite or NaN, found before the update.
    case nonFinite(step: Int, what: String, value: String)
    /// A student that completes nothing, since its log-probs are infinite or NaN: the updates of the step left parameters that are finite,
    /// and activations that overflow.
    case nonFiniteStudent(step: Int)
    /// One of the two before, in a run; `lastGood`: step of its last checkpoint before that, which is finite; nil where there is none.
    case diverged(reason: String, lastGood: Int?)
    /// A checkpoint of which so many completions in a row were wrong, where right ones were wanted.
    case nothingVerified(completions: Int)
    /// A corpus of so many problems that are all to be left out: none is there to be written in their place.
    case nothingKept(problems: Int)
    /// Memory in which not one sequence of so many tokens, prompt and completion, has room for its keys and values. `available`: bytes beside
    /// the models.
    case noRoom(tokens: Int, bytes: Int, available: Int)

    package var description: String {
        switch self {
        case .noPrompts(let path, nil): "\(path) has no prompts: a line is a JSON object with the field \"prompt\""
        case .noPrompts(let path, let fault?): "\(path) has no prompt that can be used; \(fault)"
        case .badPrompt(let path, let line, let reason):
            "\(path), line \(line): the prompt \(reason). --skip-bad-prompts leaves such prompts out"
        case .notATask(let prompt, let families):
            "the prompt \(Self.shown(prompt)) is no problem of \(families.joined(separator: ", ")): only a command given as "
                + "--reward can judge it"
        case .unusablePrompt(let prompt, let reason): "the prompt \(Self.shown(prompt)) \(reason)"
        case .rewardProgramFailed(let command, let reason): "the reward program `\(command)` \(reason)"
        case .badReward(let command, let line, let got, let expected):
            "the reward program `\(command)` answered line \(line) of the step with \(Self.shown(got)); expected \(expected)"
        case .stepUndone(1, let reason):
            "step 1: \(reason). Nothing was trained: give the command again once that is mended"
        case .stepUndone(let step, let reason):
            "step \(step): \(reason). The run is saved as it was after step \(step - 1): --resume continues it once that is mended "
                + "(--reward may then be another command)"
        case .nonFinite(let step, let what, let value):
            "step \(step): \(what) is \(value); stopped before the update"
        case .nonFiniteStudent(let step):
            "after step \(step) the student's log-probs are not finite, so that it completes nothing"
        case .diverged(let reason, let lastGood?):
            "\(reason). The checkpoint of step \(lastGood) is intact and finite: resume from it (--resume-from \(lastGood)) with a lower "
                + "--learning-rate and --allow-learning-rate-change"
        case .diverged(let reason, nil):
            "\(reason). There is no checkpoint before that: begin again with a lower --learning-rate"
        case .nothingVerified(let completions):
            "\(completions) completions in a row have no right answer: expected a checkpoint that solves some of these families, and "
                + "a --max-new-tokens that leaves room for an answer and its line end (remit-trainer evaluate --tasks shows both)"
        case .nothingKept(let problems):
            "all \(problems) problems of the corpus are to be left out: expected some to be kept, which are written again in place of the "
                + "others. Give a lower --wrong-share with --drop-wrong, a lower --drop-share, or more --documents"
        case .noRoom(let tokens, let bytes, let available):
            "the keys and values of one sequence of \(tokens) tokens, prompt and completion, take \(bytes) bytes, and beside the models "
                + "there are \(available): give a lower --max-new-tokens, or more memory"
        }
    }

    private static func shown(_ text: String) -> String { String(text.prefix(60)).debugDescription }
}

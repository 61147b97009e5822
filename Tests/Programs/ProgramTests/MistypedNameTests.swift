import ArgumentParser
import CommandLines
import RemitServer
import RemitTrainer
import Testing

/// A command or a flag that there is not is refused with 64 before anything else is looked for, and the near one is named.
struct MistypedNameTests {
    private func refusal(_ program: any ParsableCommand.Type, _ arguments: [String]) throws -> String {
        let error = try #require(throws: (any Error).self) {
            try program.parseAsRoot(program.completedArguments(arguments, environment: [:]))
        }
        #expect(program.exitCode(for: error) == .validationFailure)
        return program.message(for: error)
    }

    /// With a letter too many.
    private func mistyped(_ name: String) -> String {
        let middle = name.index(name.startIndex, offsetBy: name.count / 2)
        return String(name[...middle]) + String(name[middle...])
    }

    @Test func everyFlagIsFoundWhereALetterIsWrong() throws {
        for command in CommandHelp.all {
            let flags = command.flags.filter { !$0.value.isPositional && !["h", "help", "version"].contains($0.key) }
                .keys.sorted()
            for flag in flags {
                let near = NearestName.of(mistyped(flag), among: flags)
                #expect(near == flag, "\(command.path): --\(mistyped(flag))")
            }
            guard let flag = flags.first else { continue }
            let said = try refusal(command.program, command.path + ["--" + mistyped(flag), "1"])
            #expect(said.hasSuffix("did you mean --\(flag)?"), "\(command.path): \(said)")
        }
    }

    @Test func everyCommandIsFoundWhereALetterIsWrong() throws {
        for command in CommandHelp.all {
            let wrong = command.path.dropLast() + [mistyped(command.path.last ?? "")]
            let said = try refusal(command.program, Array(wrong))
            let right = ([command.program._commandName] + command.path).joined(separator: " ")
            #expect(said.hasSuffix("did you mean '\(right)'?"), "\(said)")
        }
    }

    @Test(arguments: [
        (["anneal", "-learning-rate", "1"], "'-learning-rate': did you mean --learning-rate?"),
        (["anneal", "--learning_rate=1"], "'--learning_rate': did you mean --learning-rate?"),
        (["evaluate", "--student", "d"], "it is one of anneal, doctor, reinforce"),
        (["evaluate", "--frobnicate"], "'remit-trainer evaluate --help' lists the flags"),
        (["frobnicate"], "expected one of anneal, doctor, pretrain"),
    ])
    func whatIsMeantIsSaid(_ arguments: [String], _ expected: String) throws {
        let said = try refusal(RemitTrainer.self, arguments)
        #expect(said.contains(expected), "\(said)")
    }

    @Test(arguments: [
        ["--help"], ["anneal", "--studnet", "d", "--help"], ["help", "anneal"], ["--version"],
        ["--generate-completion-script", "bash"], ["--generate-completion-script=zsh"],
    ])
    func whatTheParserAnswersIsLeftToIt(_ arguments: [String]) throws {
        #expect(try RemitTrainer.completedArguments(arguments, environment: [:]) == arguments)
    }

    /// A negative number, what stands behind --, a value of its own form.
    @Test(arguments: [["--epsilon", "-1"], ["--text", "-"], ["--", "--frobnicate"]])
    func aValueIsNoName(_ arguments: [String]) throws {
        _ = try RemitTrainer.completedArguments(["weights"] + arguments, environment: [:])
    }
}

import Foundation
import Reinforcement
import TestSupport
import Testing

struct RewardCommandTests {
    @Test(arguments: [
        "cat", "/bin/cat -u", "  cat", "exec cat", "while read -r line; do echo 1; done", "(cat)", "A=1 cat", "\"cat\"",
        "$HOME/judge",
        "{ cat; }",
    ])
    func canBeStartedAsFarAsOneCanTell(_ command: String) async throws {
        try await onThread { #expect(RewardCommand.missingProgram(of: command) == nil) }
    }

    @Test(arguments: [
        ("aditon", "aditon"), ("./no/such/judge --fast", "./no/such/judge"), ("", ""), ("/etc/passwd", "/etc/passwd"),
        ("/", "/"),
    ])
    func cannotBe(_ command: String, _ program: String) async throws {
        try await onThread { #expect(RewardCommand.missingProgram(of: command) == program) }
    }
}

import Annealing
import Foundation
import Reinforcement
import Tasks
import TestSupport
import Testing

@Suite(.serialized) struct RewardTests {
    private let attempts = (0..<500).map {
        Attempt(prompt: "p\($0)", completion: String(repeating: "x\n\"", count: $0))
    }

    private func judge(_ command: String, seconds: Double = 20) async throws -> [Double] {
        let attempts = attempts
        return try await onThread {
            _ = signal(SIGPIPE, SIG_IGN)
            return try ProgramRewards(command: command, timeout: .seconds(seconds)).rewards(attempts)
        }
    }

    private func failure(_ command: String, seconds: Double = 20) async throws -> ReinforcementError? {
        do {
            _ = try await judge(command, seconds: seconds)
            return nil
        } catch let error as ReinforcementError { return error }
    }

    /// A line for a line; 1 MB goes in before the last answer comes out.
    @Test func aProgramAnswersALineForALine() async throws {
        #expect(try await judge(#"while read -r line; do [ -n "$line" ] && echo ${#line}; done"#).count == 500)
        let program = #"while read -r line; do n=$((n + 1)); [ -n "$line" ] && echo "{\"reward\": $n}"; done"#
        #expect(try await judge(program) == (1...500).map(Double.init))
    }

    @Test func anEmptyLineEndsABatch() async throws {
        let program = """
            while IFS= read -r line; do
              if [ -n "$line" ]; then n=$((n + 1)); continue; fi
              while [ $((i += 1)) -le $n ]; do echo "$i.5"; done
            done
            """
        #expect(try await judge(program) == (1...500).map { Double($0) + 0.5 })
    }

    @Test func aProgramThatFailsStopsTheRun() async throws {
        #expect(try await failure("exit 3") == .rewardProgramFailed(command: "exit 3", reason: "ended with status 3"))
        #expect(
            try await failure("sleep 60", seconds: 0.2)
                == .rewardProgramFailed(
                    command: "sleep 60", reason: "gave 0 of 500 rewards within its time (--reward-timeout)"))
        #expect(
            try await failure("yes good")
                == .rewardProgramFailed(
                    command: "yes good", reason: "gave more rewards than it was asked for"))
        #expect(
            try await failure("yes good | head -500; cat >/dev/null")
                == .badReward(command: "yes good | head -500; cat >/dev/null", line: 1, got: "good"))
        let endless = "cat /dev/zero"
        #expect(
            try await failure(endless)
                == .rewardProgramFailed(command: endless, reason: "gave an answer of over 4096 bytes"))
        let nan = "while read -r line; do [ -n \"$line\" ] && echo NaN; done"
        #expect(try await failure(nan) == .badReward(command: nan, line: 1, got: "NaN"))
    }

    @Test func tasksRewardTheRightAnswer() throws {
        let rewards = try TaskRewards(families: ["addition", "sorting"])
        let found = try rewards.rewards([
            Attempt(prompt: "47+85:", completion: "7+5=12;4+8+1=13;132\n"),
            Attempt(prompt: "47+85:", completion: "133\n"), Attempt(prompt: "sort 7391:", completion: "1379\n"),
        ])
        #expect(found == [1, 0, 1])
        #expect(throws: ReinforcementError.notATask(prompt: "2+2:", families: ["addition", "sorting"])) {
            try rewards.rewards([Attempt(prompt: "2+2:", completion: "4\n")])
        }
    }

    @Test func aFileOfPromptsIsReadOnceAnEpoch() throws {
        let directory = try TemporaryDirectory()
        let lines = (0..<37).map { "{\"prompt\": \"q\($0)\"}\n" }.joined()
        let prompts = try FilePrompts(contentsOf: directory.write("prompts.jsonl", Array(lines.utf8)), seed: 2)
        let epochs = (0..<2).map { epoch in (0..<37).map { prompts.prompt(at: epoch * 37 + $0) } }
        let all = (0..<37).map { "q\($0)" }.sorted()
        #expect(epochs[0].sorted() == all && epochs[1].sorted() == all && epochs[0] != epochs[1])
        let bad = try directory.write("bad.jsonl", Array("{\"prompt\": \"a\"}\n{\"promt\": 1}\n".utf8))
        #expect {
            try FilePrompts(contentsOf: bad, seed: 0)
        } throws: { error in
            guard case ReinforcementError.badPrompt(bad, 2, _) = error else { return false }
            return true
        }
    }
}

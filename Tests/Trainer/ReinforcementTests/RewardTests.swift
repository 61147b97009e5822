import Foundation
import Reinforcement
import System
import Testing
import TestSupport
import Training

@Suite(.serialized) struct RewardTests {
    private let attempts = (0..<500).map {
        Attempt(prompt: "p\($0)", completion: String(repeating: "x\n\"", count: $0))
    }
    private let tooMany = "gave more rewards than it was asked for: "
    private let number = "a finite number, null, or an object with the field \"reward\""

    /// Answers a line with its index.
    private static let echoing = #"sed -u -n 's/.*"index":\([0-9]*\),.*/{"reward": \1.5, "index": \1}/p'"#

    /// - Parameter marker: a file that is there before the next step is asked for.
    private func judge(
        _ command: String, seconds: Double = 120, steps: Int = 1, waitFor marker: String? = nil,
        stop: StopFlag = StopFlag()
    ) async throws -> [Double?] {
        let attempts = attempts
        return try await onThread {
            _ = signal(SIGPIPE, SIG_IGN)
            let rewards = try ProgramRewards(command: command, timeout: .seconds(seconds))
            return try (0..<steps).flatMap { step in
                if step > 0, let marker {
                    while !FileManager.default.fileExists(atPath: marker) { Thread.sleep(forTimeInterval: 0.01) }
                }
                return try rewards.rewards(step == 0 ? attempts : Array(attempts[..<3]), stop: stop)
            }
        }
    }

    private func failure(
        _ command: String, seconds: Double = 120, steps: Int = 1, waitFor marker: String? = nil
    ) async throws -> ReinforcementError? {
        do {
            _ = try await judge(command, seconds: seconds, steps: steps, waitFor: marker)
            return nil
        } catch let error as ReinforcementError { return error }
    }

    private func reason(_ command: String, steps: Int = 1, waitFor marker: String? = nil) async throws -> String? {
        let error = try await failure(command, steps: steps, waitFor: marker)
        guard case .rewardProgramFailed(command, let reason)? = error else { return error?.description }
        return reason
    }

    /// A line for a line; 1 MB goes in before the last answer comes out.
    @Test func aProgramAnswersALineForALine() async throws {
        #expect(try await judge(#"while read -r line; do [ -n "$line" ] && echo ${#line}; done"#).count == 500)
        let program = #"while read -r line; do n=$((n + 1)); [ -n "$line" ] && echo "{\"reward\": $n}"; done"#
        #expect(try await judge(program) == (1...500).map { Double($0) })
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

    /// The index goes on from step to step; empty lines are no answers.
    @Test func anAnswerMayRepeatItsIndex() async throws {
        #expect(try await judge(Self.echoing, steps: 2) == (0..<503).map { Double($0) + 0.5 })
        let some = Self.echoing + #" | sed -u -e '2s/.*/7/' -e '4s/$/\r\n\r/'"#
        let expected = (0..<500).map { $0 == 1 ? 7 : Double($0) + 0.5 }
        #expect(try await judge(some) == expected)
        let other = Self.echoing + #" | sed -u -e '3s/"index": 2/"index": 3/'"#
        #expect(
            try await failure(other)
                == .badReward(
                    command: other, line: 3, got: #"{"reward": 2.5, "index": 3}"#,
                    expected: "the index 2, which its completion had: an answer too many or too few came before"))
    }

    /// It takes a while for an answer: that to the empty line would be the first reward of the next step.
    @Test func anAnswerToTheEmptyLineIsNoReward() async throws {
        let slow = "while IFS= read -r line; do [ $((n += 1)) -gt 499 ] && sleep 0.4; echo 1; done"
        #expect(try await reason(slow)?.hasPrefix(tooMany + #""1\n""#) == true)
        let banner = "echo 5; while read -r line; do sleep 0.001; [ -n \"$line\" ] && echo 1; done"
        #expect(try await reason(banner)?.hasPrefix(tooMany) == true)
    }

    /// So late that only the next step can find it: before it asks, or by an index.
    @Test func aLateAnswerToTheEmptyLineIsNoReward() async throws {
        let directory = try TemporaryDirectory()
        let marker = directory.file("answered")
        let late =
            "while IFS= read -r line; do [ -z \"$line\" ] && sleep 0.3; echo 1; "
            + "[ -z \"$line\" ] && : > '\(marker)'; done"
        #expect(try await reason(late, steps: 2, waitFor: marker)?.hasPrefix(tooMany) == true)
        let indexed =
            #"while IFS= read -r line; do [ -z "$line" ] && sleep 0.3 && echo 0; "#
            + #"[ -n "$line" ] && echo "{\"reward\": 1, \"index\": $((n))}" && n=$((n + 1)); done"#
        switch try await failure(indexed, steps: 2) {
        case .badReward(_, 2, _, let expected): #expect(expected.hasPrefix("the index 501"))
        // Where the machine is busy it is there before the step is asked for, or all answers come at once and one is left over.
        case .rewardProgramFailed(_, let reason): #expect(reason.hasPrefix(tooMany))
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test func aProgramThatFailsStopsTheRun() async throws {
        #expect(try await failure("exit 3") == .rewardProgramFailed(command: "exit 3", reason: "ended with status 3"))
        #expect(
            try await failure("sleep 60", seconds: 0.2)
                == .rewardProgramFailed(
                    command: "sleep 60", reason: "gave 0 of 500 rewards within its time (--reward-timeout)"))
        #expect(try await reason("yes good")?.hasPrefix(tooMany) == true)
        let words = "read -r line; yes good | head -500; cat >/dev/null"
        #expect(
            try await failure(words) == .badReward(command: words, line: 1, got: "good", expected: number))
        let endless = "cat /dev/zero"
        #expect(
            try await failure(endless)
                == .rewardProgramFailed(command: endless, reason: "gave a line of over 4096 bytes"))
    }

    @Test(arguments: [
        "NaN", "Infinity", "1e400", "\"1\"", "[1]", "{\"rewards\": 1}", "{\"reward\": [null]}", "nul", "1 2",
    ])
    func whatIsNoFiniteNumberIsNoReward(_ answer: String) async throws {
        let command = "while read -r line; do [ -n \"$line\" ] && echo '\(answer)'; done"
        #expect(
            try await failure(command) == .badReward(command: command, line: 1, got: answer, expected: number))
    }

    @Test(arguments: [
        ("{\"reward\": true}", 1), ("false", 0), ("1e0", 1), ("{\"reward\": -2, \"why\": {\"a\": [1]}}", -2),
    ])
    func otherFormsOfAReward(_ answer: String, _ reward: Double) async throws {
        let command = "while read -r line; do [ -n \"$line\" ] && echo '\(answer)'; done"
        #expect(try await judge(command).allSatisfy { $0 == reward })
    }

    /// It takes no part: see `NullRewardTests`.
    @Test(arguments: ["null", "{\"reward\": null}", "{\"reward\": null, \"why\": 1}"])
    func aJudgeMayHaveNothingToSay(_ answer: String) async throws {
        let command = "while read -r line; do [ -n \"$line\" ] && { echo '\(answer)'; read -r line; echo 2; }; done"
        let found = try await judge(command)
        #expect(found.indices.allSatisfy { found[$0] == ($0 % 2 == 0 ? nil : 2) })
    }

    /// All that is known of a completion is on its line.
    @Test func aProgramIsToldAllOfACompletion() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("told")
        let command =
            "while IFS= read -r line; do printf '%s\\n' \"$line\" >>'\(file)'; [ -n \"$line\" ] && echo 1; done"
        let told = [
            Attempt(
                prompt: "a\"\n", completion: "ü\u{1}", isFinished: false, tokenIDs: [5, 0, 150_000],
                fields: Array(#"{"answer":2.50,"tests":[{"in": "x"}]}"#.utf8)), Attempt(prompt: "b", completion: ""),
        ]
        let lines = try await onThread {
            _ = signal(SIGPIPE, SIG_IGN)
            let rewards = try ProgramRewards(command: command, timeout: .seconds(120))
            _ = try rewards.rewards(told, stop: StopFlag())
            return try String(contentsOfFile: file, encoding: .utf8)
        }
        #expect(
            lines.hasPrefix(
                #"{"completion":"ü\u0001","fields":{"answer":2.50,"tests":[{"in": "x"}]},"finished":false,"index":0,"#
                    + #""prompt":"a\"\n","token_ids":[5,0,150000]}"# + "\n"
                    + #"{"completion":"","finished":true,"index":1,"prompt":"b","token_ids":[]}"# + "\n"), "\(lines)")
    }

    /// Which of two rewards was meant nobody knows.
    @Test func twoRewardsInOneAnswerAreNone() async throws {
        let answer = #"{"reward": 1, "reward": 0}"#
        let command = "while read -r line; do [ -n \"$line\" ] && echo '\(answer)'; done"
        #expect(
            try await failure(command) == .badReward(command: command, line: 1, got: answer, expected: number))
    }

    @Test func aRewardHasTheRangeOfF32() async throws {
        func command(_ answer: String) -> String {
            "while read -r line; do [ -n \"$line\" ] && echo '{\"reward\": \(answer)}'; done"
        }
        #expect(try await judge(command("-3.4e38")).first == -3.4e38)
        for answer in ["3.5e38", "-1e300"] {
            let error = try await failure(command(answer))
            #expect(error?.description.contains("within the range of f32") == true, "\(String(describing: error))")
        }
    }

    /// With it goes what it has started.
    @Test func aRequestToStopEndsTheWaitAndTheProgram() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("pid")
        let stop = StopFlag()
        let waiter = Thread {
            for _ in 0..<10_000 where !FileManager.default.fileExists(atPath: file) { usleep(10_000) }
            stop.request()
        }
        waiter.start()
        let begin = ContinuousClock.now
        await #expect(throws: TrainingError.interrupted) {
            try await judge("sleep 600 & echo $! > '\(file).new'; mv '\(file).new' '\(file)'; wait", stop: stop)
        }
        #expect(ContinuousClock.now - begin < .seconds(300))
        #expect(try await isGone(file))
    }

    @Test func aProgramThatEndsTakesWhatItHasStartedAlong() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("pid")
        #expect(try await reason("sleep 60 & echo $! > '\(file)'; exit 3") == "ended with status 3")
        #expect(try await isGone(file))
    }

    /// A process that was ended may be a zombie for a moment.
    private func isGone(_ file: String) async throws -> Bool {
        try await onThread {
            let text = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            for _ in 0..<500 {
                let status = (try? String(contentsOfFile: "/proc/\(text)/stat", encoding: .utf8)) ?? ""
                if status.isEmpty || status.contains(") Z ") { return true }
                usleep(10_000)
            }
            return false
        }
    }
}

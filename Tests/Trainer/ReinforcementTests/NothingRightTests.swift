import Reinforcement
import Tasks
import Testing

struct NothingRightTests {
    private func said(_ completions: [String], prompt: String = "47+85:", finished: Int) -> String {
        NothingRight(
            completions.map { Attempt(prompt: prompt, completion: $0) }, finished: finished, maxNewTokens: 8
        ).description
    }

    @Test func answersThatNeverEnd() {
        let line = said(["7+5=12;", "4444"], finished: 0)
        #expect(line.contains("2 of 2 completions never ended within --max-new-tokens 8"), "\(line)")
        #expect(line.contains("none holds the right answer") && line.contains("got \"7+5=12;\""), "\(line)")
    }

    @Test func theRightAnswerInAnotherForm() {
        let line = said(["The answer is 132.\n", "5\n"], finished: 2)
        #expect(line.contains("1 hold the right answer, but not as the last part of a first line"), "\(line)")
        #expect(!line.contains("never ended") && line.contains("for the prompt \"47+85:\""), "\(line)")
        #expect(line.contains(";132\\n\" (steps of any kind, ';', the answer, a line end)"), "\(line)")
    }

    @Test func aRewardCommandsOwnPrompt() {
        let line = said([String(repeating: "x", count: 99)], prompt: "Say something.", finished: 1)
        #expect(
            line.hasPrefix("for the prompt \"Say something.\" expected what the reward command pays for"), "\(line)")
        #expect(line.hasSuffix("x\"..."), "\(line)")
    }
}

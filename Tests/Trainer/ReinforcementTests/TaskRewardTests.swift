import Reinforcement
import System
import Testing
import Training

struct TaskRewardTests {
    @Test func tasksRewardTheRightAnswer() throws {
        let rewards = try TaskRewards(families: ["addition", "sorting"])
        let found = try rewards.rewards(
            [
                Attempt(prompt: "47+85:", completion: "7+5=12;4+8+1=13;132\n"),
                Attempt(prompt: "47+85:", completion: "133\n"), Attempt(prompt: "sort 7391:", completion: "1379\n"),
            ], stop: StopFlag())
        #expect(found == [1, 0, 1])
        #expect(throws: ReinforcementError.notATask(prompt: "2+2:", families: ["addition", "sorting"])) {
            try rewards.rewards([Attempt(prompt: "2+2:", completion: "4\n")], stop: StopFlag())
        }
    }
}

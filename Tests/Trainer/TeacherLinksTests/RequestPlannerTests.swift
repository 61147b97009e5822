import Corpora
import ScoringAPI
import Sequences
import TeacherLinks
import Testing

struct RequestPlannerTests {
    private func window(_ tokens: Int) -> TrainingWindow {
        TrainingWindow(
            tokenIDs: Array(repeating: 1, count: tokens), segments: Spans(whole: tokens),
            scored: [false] + Array(repeating: true, count: tokens - 1))
    }

    private func planner(
        bytes: Int = 1 << 20, inputs: Int = 100, tokens: Int = 1000, queued: Int = 1000, speed: Double? = 500
    ) -> RequestPlanner {
        RequestPlanner(
            limits: ServerLimits(
                maxBodyBytes: bytes, maxInputs: inputs, maxRequestTokens: tokens, maxSequenceTokens: 1000,
                maxBatchTokens: 1000, maxQueuedTokens: queued),
            tokensPerSecond: speed)
    }

    @Test func oneRequestWhereAllFits() {
        #expect(planner().requests([window(400), window(600)]) == [0..<2])
        #expect(planner().requests([]) == [])
    }

    /// A token with k likeliest tokens counts 1 + k times against the queue.
    @Test func likeliestTokensTakeTheirRoom() {
        let windows = [window(60), window(60), window(60)]
        #expect(planner(queued: 1000).requests(windows, detail: ScoreDetail(topK: 7)) == [0..<2, 2..<3])
        #expect(planner(queued: 1000).requests(windows, detail: ScoreDetail(topK: 3, temperatures: [2])) == [0..<3])
        #expect(planner(queued: 1000).requests(windows, detail: ScoreDetail(topK: 99)) == [0..<1, 1..<2, 2..<3])
    }

    @Test func serversShareTheWindows() {
        let windows = [100, 100, 100, 100, 100].map(window)
        #expect(planner().requests(windows, parts: 2) == [0..<3, 3..<5])
        #expect(planner().requests(Array(windows.prefix(4)), parts: 2) == [0..<2, 2..<4])
        #expect(planner().requests(Array(windows.prefix(2)), parts: 3) == [0..<1, 1..<2])
        #expect(planner(tokens: 100).requests(Array(windows.prefix(3)), parts: 2) == [0..<1, 1..<2, 2..<3])
    }

    @Test func noRequestIsOverALimit() {
        let windows = [window(400), window(600), window(1), window(500), window(500)]
        #expect(planner().requests(windows) == [0..<2, 2..<4, 4..<5])
        #expect(planner(queued: 600).requests(windows) == [0..<1, 1..<2, 2..<4, 4..<5])
        #expect(planner(inputs: 1).requests(windows) == [0..<1, 1..<2, 2..<3, 3..<4, 4..<5])
        #expect(planner(bytes: 4096 + 9 * 1001 + 32).requests(windows) == [0..<2, 2..<4, 4..<5])
    }

    @Test func aWindowOverTheLimitIsSentAlone() {
        #expect(planner(tokens: 100).requests([window(50), window(500), window(50)]) == [0..<1, 1..<2, 2..<3])
    }

    @Test func theTimeoutGrowsWithTheWork() {
        #expect(planner(speed: 500).timeout(tokens: 1000) == .seconds(76))
        #expect(planner(speed: nil).timeout(tokens: 1000) == .seconds(140))
    }
}

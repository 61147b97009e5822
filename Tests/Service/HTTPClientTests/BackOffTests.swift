import HTTPClient
import Testing

@Suite struct BackOffTests {
    private let policy = RetryPolicy(firstDelay: .seconds(1), maxDelay: .seconds(10), maxRetryAfter: .seconds(60))
    private let start = ContinuousClock.now

    @Test func delaysDoubleUpToALimitAndAreShortenedByUpToAHalf() {
        let full = [1, 2, 3, 4, 5, 1000].map { policy.delay(failures: $0, random: 0) }
        #expect(full == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(policy.delay(failures: 3, random: 0.5) == .seconds(3))
        #expect(policy.delay(failures: 3, random: 0.999) > .seconds(2))
    }

    @Test func aServerThatAnswersIsAskedAgain() {
        var rotation = ServerRotation(count: 3, policy: policy)
        #expect(rotation.next(at: start).index == 0)
        rotation.succeeded(2)
        #expect(rotation.next(at: start).index == 2 && rotation.next(at: start).wait == nil)
    }

    @Test func callsThatAreSpreadGoToOneServerAfterTheOther() {
        var rotation = ServerRotation(count: 3, policy: policy, spreads: true)
        func ask() -> Int {
            let index = rotation.next(at: start).index
            rotation.began(index)
            rotation.succeeded(index)
            return index
        }
        let first = (0..<4).map { _ in ask() }
        rotation.failed(1, began: start, at: start, retryAfter: nil, random: 0)
        #expect(first == [0, 1, 2, 0] && (0..<3).map { _ in ask() } == [2, 0, 2])
    }

    @Test func theOthersAreAskedWhileOneRests() {
        var rotation = ServerRotation(count: 2, policy: policy)
        rotation.failed(0, began: start, at: start, retryAfter: nil, random: 0)
        #expect(rotation.next(at: start).index == 1 && rotation.next(at: start).wait == nil)
        rotation.failed(1, began: start, at: start, retryAfter: .seconds(30), random: 0)
        // Both rest: the first comes back sooner.
        let next = rotation.next(at: start)
        #expect(next.index == 0 && next.wait == start + .seconds(1))
        #expect(rotation.next(at: start + .seconds(1)).wait == nil)
    }

    @Test func failuresInARowRestLonger() {
        var rotation = ServerRotation(count: 1, policy: policy)
        var now = start
        for seconds in [1, 2, 4] {
            rotation.failed(0, began: now, at: now, retryAfter: nil, random: 0)
            #expect(rotation.next(at: now).wait == now + .seconds(seconds))
            now += .seconds(seconds)
        }
        rotation.succeeded(0)
        rotation.failed(0, began: now, at: now, retryAfter: nil, random: 0)
        #expect(rotation.next(at: now).wait == now + .seconds(1))
    }

    @Test func retryAfterIsHonouredWithinReason() {
        var rotation = ServerRotation(count: 1, policy: policy)
        rotation.failed(0, began: start, at: start, retryAfter: .seconds(5), random: 0)
        #expect(rotation.next(at: start).wait == start + .seconds(5))
        rotation.succeeded(0)
        rotation.failed(0, began: start, at: start, retryAfter: .seconds(1_000_000), random: 0)
        #expect(rotation.next(at: start).wait == start + .seconds(60))
    }

    @Test func manyThreadsThatFindOneServerAwayAreOneFailure() {
        var rotation = ServerRotation(count: 1, policy: policy)
        for _ in 0..<10 {
            rotation.failed(0, began: start, at: start + .seconds(1), retryAfter: nil, random: 0)
        }
        #expect(rotation.next(at: start + .seconds(1)).wait == start + .seconds(2))
    }
}

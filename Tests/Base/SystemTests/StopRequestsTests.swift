import System
import Testing

struct StopRequestsTests {
    private let start = ContinuousClock.now

    /// `timeout -s INT` signals the program and its group; two signals 5 ms apart are one keystroke.
    @Test func whatComesWithinAMomentIsTheFirstAgain() {
        var requests = StopRequests(moment: .seconds(1))
        let meanings = [0, 5, 999, 1000, 2000].map { requests.received(at: start + .milliseconds($0)) }
        #expect(meanings == [.stop, .again, .again, .endNow, .endNow])
    }

    @Test func withoutAMomentTheSecondEndsAtOnce() {
        var requests = StopRequests(moment: .zero)
        #expect([0, 0, 5].map { requests.received(at: start + .milliseconds($0)) } == [.stop, .endNow, .endNow])
    }
}

import TeacherLinks
import Testing

struct OutageWatchTests {
    private let start = ContinuousClock.now

    @Test func theSilenceIsTheTimeSinceTheLastAnswer() {
        let watch = OutageWatch(.abort, after: .seconds(5), since: start)
        #expect(watch.patience == .seconds(5))
        #expect(!watch.answer(at: start + .seconds(10)))
        #expect(watch.noAnswer(at: start + .seconds(15)) == (.seconds(5), true))
        // Each call asks once from now on; it is the same outage.
        #expect(watch.patience == .zero)
        #expect(watch.noAnswer(at: start + .seconds(17)) == (.seconds(7), false))
        #expect(watch.answer(at: start + .seconds(20)) && watch.patience == .seconds(5))
    }

    @Test func beforeTheFirstAnswerItIsTheTimeSinceTheStart() {
        let watch = OutageWatch(.ntp, after: .seconds(5), since: start)
        #expect(watch.noAnswer(at: start + .seconds(6)) == (.seconds(6), true))
    }

    @Test func whoWaitsDoesSoForEver() {
        let watch = OutageWatch(.wait, after: .seconds(5), since: start)
        #expect(watch.patience == nil)
        _ = watch.noAnswer(at: start + .seconds(9))
        #expect(watch.patience == nil)
    }
}

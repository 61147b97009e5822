import Foundation
import RunReports
import TestSupport
import Testing

/// What a report says of a run's losses less those of a baseline.
struct RunDifferencesTests {
    private static let better = "below 0 the run is better"

    /// A log of three steps whose losses are `loss`, with a held-out loss before and after.
    private static func log(
        loss: Double, tokens: Int = 640, scored: Int = 600, heldOut: Int = 900, _ domains: [String: Int] = [:]
    )
        -> String
    {
        func evaluation(_ step: Int) -> String {
            let parts = domains.sorted { $0.key < $1.key }.map {
                #"{"domain":"\#($0.key)","loss":\#(loss),"scored_tokens":\#($0.value)}"#
            }
            let held = parts.isEmpty ? "" : #","held_out_domains":[\#(parts.joined(separator: ","))]"#
            return
                #"{"kind":"evaluation","step":\#(step),"held_out_loss":\#(loss),"held_out_tokens":\#(heldOut)\#(held)}"#
        }
        let steps = (1...3).map {
            """
            {"kind":"step","step":\($0),"epoch":0,"weighted_loss":\(loss),"loss":\(loss),"learning_rate":0.1,"grad_norm":1,\
            "tokens":\(tokens),"scored_tokens":\(scored),"mean_weight":1,"clipped_low_share":0,"clipped_high_share":0,\
            "up_weighted_share":0,"step_seconds":1,"wait_seconds":0,"tokens_per_second":\(tokens)}
            """
        }
        return ([evaluation(0)] + steps + [evaluation(3)]).joined(separator: "\n") + "\n"
    }

    /// The page's part on differences of a run `own` to one `base`.
    private static func page(_ own: String, _ base: String) throws -> String {
        let directory = try TemporaryDirectory()
        try directory.write("own/log.jsonl", Array(own.utf8))
        try directory.write("base/log.jsonl", Array(base.utf8))
        let runs = try LoggedRun.load([directory.file("own"), directory.file("base")])
        let html = RunReport(runs, baseline: 1, version: "1", madeOn: Date(timeIntervalSince1970: 0)).html
        let begin = try #require(html.firstRange(of: "Difference to base"))
        let end = try #require(html.firstRange(of: "Speed and optimizer"))
        return String(html[begin.lowerBound..<end.lowerBound])
    }

    /// Cells of the table that say so much less.
    private static func differences(_ page: String) -> Int { page.matches(of: /<td[^>]*>-0\.5000</).count }

    @Test func runsOnTheSameTokensAreCompared() throws {
        let page = try Self.page(Self.log(loss: 2), Self.log(loss: 2.5))
        #expect(page.contains(Self.better) && !page.contains("other tokens") && !page.contains("other held-out"))
        #expect(Self.differences(page) == 3)
        #expect(page.contains("Held-out loss against base"))
    }

    /// Twice as many windows a step, or the same windows of another corpus: the held-out loss is still of the same tokens.
    @Test(arguments: [(1280, 1200), (640, 590)])
    func otherTokensAtAStepAreSaid(_ tokens: Int, _ scored: Int) throws {
        let page = try Self.page(Self.log(loss: 2, tokens: tokens, scored: scored), Self.log(loss: 2.5))
        #expect(!page.contains(Self.better))
        #expect(
            page.contains(
                "The runs own and base read other tokens at a step: \(tokens) against 640 at step 1, \(scored) of them scored against "
                    + "600. The differences of their losses at a step do not say which run is better; that of their held-out losses "
                    + "does."))
        #expect(Self.differences(page) == 3)
    }

    @Test func otherHeldOutCorporaHaveNoDifference() throws {
        let page = try Self.page(Self.log(loss: 2, heldOut: 800), Self.log(loss: 2.5))
        #expect(page.contains(Self.better))
        #expect(page.contains("have other held-out corpora: 800 scored tokens against 900. No difference is taken"))
        #expect(Self.differences(page) == 2)
        #expect(!page.contains("Held-out loss against base"))
        let both = try Self.page(Self.log(loss: 2, tokens: 64, scored: 60, heldOut: 800), Self.log(loss: 2.5))
        #expect(!both.contains(Self.better) && both.contains("do not say which run is better.</p>"))
    }

    /// As many tokens in all, of other documents.
    @Test func domainsTellCorporaApart() throws {
        let page = try Self.page(
            Self.log(loss: 2, ["code": 500, "prose": 400]), Self.log(loss: 2.5, ["code": 450, "prose": 450]))
        #expect(page.contains("other held-out corpora: 500 scored tokens in the domain code against 450."))
        #expect(Self.differences(page) == 2)
    }
}

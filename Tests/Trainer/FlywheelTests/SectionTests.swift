import Flywheel
import Foundation
import TestSupport
import Testing

/// The parts of a report that a plan names, from numbers that are chosen here.
struct SectionTests {
    private typealias Model = [String: Any]

    private static func model(_ model: Model, _ accuracy: Double, loss: [String: Double], nats: Double?) -> Model {
        var found: Model = [
            "model": model, "accuracy": ["sorting": accuracy], "meanAccuracy": accuracy, "loss": loss,
            "passAtK": min(1, accuracy + 0.1), "distinctShare": 0.5,
        ]
        found["goldNats"] = nats
        return found
    }

    private static func curve(
        _ seed: UInt64, _ round: Int, _ method: String, _ asked: [Double], tokens: Int
    ) -> [String: Any] {
        [
            "model": ["seed": seed, "round": round, "method": method, "phase": "mid"] as [String: Any], "points": [],
            "asked": asked.enumerated().map {
                ["tokens": tokens * ($0.offset + 1), "accuracy": $0.element] as [String: Any]
            },
            "stepSeconds": 1, "waitSeconds": 0, "meanWeight": 1, "clippedShare": 0,
        ]
    }

    /// The report of bases whose models have these accuracies.
    private func report(
        _ preset: FlywheelPreset, bases: Int = 6, methods: [String]? = nil,
        loss: (_ method: String, _ phase: String) -> [String: Double] = { _, _ in ["reasoning": 0.5, "filler": 0.1] },
        nats: (_ base: Int, _ method: String) -> Double? = { _, _ in 0.5 },
        tokens: (_ method: String) -> Int = { _ in 100 },
        curves: (UInt64, Int, String) -> [Double] = { _, _, _ in [] },
        _ accuracy: (_ base: Int, _ round: Int, _ method: String, _ phase: String) -> Double
    ) throws -> String {
        var parts = try Parts(preset)
        if let methods { try parts.plan.compare(methods) }
        let paths = try parts.plan.seeds.prefix(bases).enumerated().map { base, seed in
            try parts.write(
                seed,
                change: { part in
                    let places = (1...parts.plan.rounds).flatMap { round in
                        parts.plan.methods(ofRound: round).map { (round, $0.name) }
                    }
                    part["models"] = places.flatMap { round, method in
                        ["mid", "tuned", "reinforced"].map { phase in
                            Self.model(
                                ["seed": seed, "round": round, "method": method, "phase": phase],
                                accuracy(base, round, method, phase), loss: loss(method, phase),
                                nats: nats(base, method))
                        }
                    }
                    part["curves"] = places.filter { !curves(seed, $0.0, $0.1).isEmpty }.map { round, method in
                        Self.curve(seed, round, method, curves(seed, round, method), tokens: tokens(method))
                    }
                }
            ) { _ in 0.5 }
        }
        return FlywheelReport(try MergedParts(contentsOf: paths).write(to: FlywheelPaths(parts.directory.file("out"))))
            .markdown
    }

    private static let luck = [0.001, -0.002, 0.003, -0.003, 0.002, -0.001]

    /// remit gains one point more each round, so every base's slope is 1; the plain arm has a round of its own each time.
    @Test func roundsHaveATrend() throws {
        let text = try report(
            .rounds,
            curves: { seed, _, method in
                method == "ntp" ? [0.2, 0.4, 0.6] : seed == 201 ? [0.1, 0.2, 0.3] : [0.4, 0.5, 0.7]
            }
        ) { base, round, method, _ in
            0.5 + Self.luck[base] + 0.1 * Double(round) + (method == "remit" ? 0.01 * Double(round) : 0)
        }
        #expect(text.contains("## Round 3") && text.contains("| ntp | 80."))
        #expect(
            text.contains(
                "| after post-training, % | remit - ntp | +1.0 (+1.0 to +1.0) | +2.0 (+2.0 to +2.0) | +3.0 (+3.0 to +3.0) | +1.0 (+1.0 to +1.0) |"
            ), "\(text)")
        // Half way between 0.5 after 200 and 0.7 after 300 of 300 tokens.
        #expect(text.contains("| remit, round 1 | 6 | 5 | 83 | 83 | not reached |"), "\(text)")
        #expect(text.contains("| ntp, round 1 | 6 | 6 | 100 | 100 | 100 |"))
        #expect(text.contains("## Samples after reinforcement") && text.contains("pass@4"))
    }

    /// Of a gap of ten points remit closes two.
    @Test func noiseHasSharesOfTheGap() throws {
        let gains = ["oracle": 0.1, "remit": 0.02, "filter": 0.05]
        let text = try report(.noise30, nats: { _, method in 2 - 2 * (gains[method] ?? 0) }) {
            base, _, method, phase in
            let gain = gains[method] ?? 0
            return 0.5 + gain * (1 + 10 * Self.luck[base]) + (phase == "reinforced" ? 0.2 : 0)
        }
        #expect(text.contains("| accuracy, points | oracle | +10.0 (+9.8 to +10.2) |  |  |  |"), "\(text)")
        #expect(
            text.contains(
                "| accuracy, points | remit | +2.0 (+2.0 to +2.0) | 20 | 20 to 20 | -8.0 (-8.2 to -7.8) |"), "\(text)")
        // Taught nothing by anyone: as ntp, and no share with a sign.
        #expect(
            text.contains("| gold answer, nats | ntp-noisy-tuning | +0.000 (+0.000 to +0.000) | 0 | 0 to 0 |"),
            "\(text)")
        #expect(
            text.contains("The first teacher, asked the same problems in the same form, answers 70.0 % of them right."))
    }

    /// An oracle that may gain nothing leaves no shares.
    @Test func noShareOfAGapThatMayBeNone() throws {
        let text = try report(.noise30) { base, _, method, _ in 0.5 + (method == "oracle" ? Self.luck[base] : 0) }
        #expect(text.contains("| remit | +0.0 (+0.0 to +0.0) | not given |  |"), "\(text)")
    }

    /// In nats the share is another; it is over the bases that have both numbers.
    @Test func natsHaveSharesOfTheirOwn() throws {
        let text = try report(
            .noise30,
            nats: { base, method in
                base == 2 && method == "remit" ? nil : method == "remit" ? 1.5 : method == "oracle" ? 1 : 2
            }
        ) { base, _, method, _ in 0.5 + (method == "ntp" ? 0 : 0.1 + Self.luck[base]) }
        #expect(
            text.contains(
                "| accuracy, points | remit | +10.0 (+9.8 to +10.2) | 100 | 100 to 100 | +0.0 (+0.0 to +0.0) |"),
            "\(text)")
        #expect(text.contains("| gold answer, nats | oracle | -1.000 (-1.000 to -1.000) |  |  |  |"), "\(text)")
        #expect(
            text.contains(
                "| gold answer, nats | remit | -0.500 (-0.500 to -0.500) | 50 | 50 to 50 | +0.500 (+0.500 to +0.500) |"),
            "\(text)")
    }

    /// Methods that read more or fewer tokens than the baseline are named.
    @Test func tokensAreToldWhereTheyDiffer() throws {
        func tokens(_ oracle: Int) throws -> String {
            try report(
                .noise30,
                tokens: { method in method == "oracle" ? oracle : 100_000 }, curves: { _, _, _ in [0.5] }
            ) { _, _, _, _ in 0.5 }
        }
        #expect(
            try tokens(93_000).contains(
                "Tokens of mid-training, mean over bases: ntp 100000; of the others these differ by more than 1 %: oracle 93000 (-7.0 %)."
            ))
        #expect(try tokens(99_100).contains("ntp 100000, and every other method as many within 1 %."))
    }

    /// A teacher that its reinforcement made worse is told; one that it may have made worse is not.
    @Test(arguments: [(0.02, true), (0.0005, false)]) func aTeacherMadeWorseIsTold(_ loss: Double, _ isTold: Bool)
        throws
    {
        let text = try report(.size2m, bases: 4) { base, _, _, phase in
            0.5 + (phase == "reinforced" ? Self.luck[base] - loss : 0)
        }
        #expect(text.contains("The first teacher was made worse by its reinforcement: -2.0") == isTold, "\(text)")
    }

    /// By family, and without each: 12 points of one family are 4 of the mean of three, and none of the mean without it.
    @Test func familiesHaveDifferencesOfTheirOwn() throws {
        let families = ["sorting", "reversal", "brackets"]
        let parts = try Parts(.facts, families: families)
        let paths = try parts.plan.seeds.map { seed in
            try parts.write(
                seed,
                change: { part in
                    let models = part["models"] as? [Model] ?? []
                    part["models"] = models.map { model in
                        var own = model
                        let isKD = (model["model"] as? Model)?["method"] as? String == "kd"
                        own["accuracy"] = ["sorting": 0.5, "reversal": isKD ? 0.36 : 0.24, "brackets": 0.7]
                        return own
                    }
                }
            ) { _ in 0.5 }
        }
        let text = FlywheelReport(
            try MergedParts(contentsOf: paths).write(to: FlywheelPaths(parts.directory.file("out")))
        ).markdown
        #expect(text.contains("| after | method | sorting | reversal | brackets | without sorting |"), "\(text)")
        #expect(text.contains("| mid-training | ntp | 50.0 | 24.0 | 70.0 | 47.0 | 60.0 | 37.0 |"), "\(text)")
        let (none, twelve, six) = ("+0.00 (+0.00 to +0.00)", "+12.00 (+12.00 to +12.00)", "+6.00 (+6.00 to +6.00)")
        #expect(
            text.contains("| mid-training | kd | \(none) | \(twelve) | \(none) | \(six) | \(none) | \(six) |"),
            "\(text)")
    }

    /// log(0.6 / 0.4) is 0.405.
    @Test func sizesHaveLogOdds() throws {
        let text = try report(.size2m, bases: 4) { base, _, method, _ in
            method == "remit" ? 0.6 : 0.5
        }
        #expect(text.contains("| remit | 60.0 | +10.0 (+10.0 to +10.0) | +0.405 (+0.405 to +0.405) |"), "\(text)")
        #expect(FlywheelReport.logOdds(0) == nil && FlywheelReport.logOdds(1) == nil)
    }

    /// Three points more at epsilon 0.3 than at 0, on the line: ten an epsilon of 1.
    private func epsilonReport(bases: Int = 6, methods: [String]? = nil) throws -> String {
        try report(.epsilon, bases: bases, methods: methods) { base, _, method, _ in
            let epsilon = method.split(separator: "-").last.flatMap { Double($0) } ?? 0
            return 0.5 + Self.luck[base] + 0.1 * epsilon * (1 + 10 * Self.luck[base])
        }
    }

    /// The first line is the one test: no other has a p.
    @Test func epsilonHasOneTrend() throws {
        let text = try epsilonReport()
        #expect(text.contains("| accuracy, % | +10.0 (+9.8 to +10.2) | 0.031 | 6 |"), "\(text)")
        #expect(text.contains("| loss, reasoning | +0.0000 (+0.0000 to +0.0000) |  | 6 |"), "\(text)")
        #expect(
            text.contains("The first line is the one test") && text.contains("sign-flip p 0.031). A trend is shown."))
        #expect(text.matches(of: /0\.031/).count == 2, "\(text)")
    }

    /// Whoever looks before all is there, or leaves methods out, tests nothing.
    @Test func anUnplannedTrendHasNoP() throws {
        func isUntested(_ text: String) -> Bool {
            text.contains("| measure | slope | bases |") && text.contains("All lines are exploratory, and have no p.")
                && !text.contains("the one test") && !text.contains("sign-flip")
        }
        let interim = try epsilonReport(bases: 3)
        #expect(interim.contains("| accuracy, % | +10.1 (+9.4 to +10.7) | 3 |"), "\(interim)")
        #expect(interim.contains("The trend over epsilon: 3 of 6 planned bases are there: this is an interim report"))
        #expect(isUntested(interim.replacing(/Primary measure.*/, with: "")), "\(interim)")
        let fewer = try epsilonReport(methods: ["remit-epsilon-0.1", "remit-epsilon-0.9"])
        #expect(fewer.contains("at epsilon 0, 0.1, 0.9 (0 is ntp)"), "\(fewer)")
        #expect(fewer.contains("methods are others than those of the preset epsilon, whose one test is not made."))
        #expect(isUntested(fewer.replacing("whose one test is not made", with: "")), "\(fewer)")
        let more = try epsilonReport(
            methods: FlywheelMethod.epsilons.map { "remit-epsilon-\($0)" } + ["remit-unclipped"])
        #expect(more.contains("whose one test is not made") && more.contains("at epsilon 0, 0.1, 0.3, 0.5, 0.9, 1 (0"))
        #expect(try !epsilonReport(methods: ["remit"]).contains("Trend over epsilon"))
    }

    /// Nats by how often a fact was read, of methods and of the teacher.
    @Test func factsAreTold() throws {
        let text = try report(
            .facts,
            loss: { method, phase in
                ["retained": 1, "acquired-1": 0.9, "acquired-4": 0.6, "acquired-16": method == "kd" ? 0.5 : 0.25]
                    .mapValues { phase == "reinforced" ? $0 + 0.1 : $0 }
            }
        ) { _, _, _, _ in 0.5 }
        #expect(
            text.contains("| kd | 1.000 | +0.000 (+0.000 to +0.000) | 0.900 | +0.000 (+0.000 to +0.000) |"), "\(text)")
        #expect(text.contains("| 0.500 | +0.250 (+0.250 to +0.250) |"), "\(text)")
        #expect(text.contains("| the first teacher | 1.100 | +0.100 (+0.100 to +0.100) |"), "\(text)")
        #expect(text.contains("acquired-16 40 facts, each read 16 times"))
    }

    @Test func theFirstReachLiesBetweenPoints() {
        let asked = [(100, 0.2), (200, 0.4), (300, 0.3), (400, 0.6)].map {
            LossCurve.Asked(tokens: $0.0, accuracy: $0.1)
        }
        #expect(FirstReach.tokens(of: 0.1, on: asked) == 100 && FirstReach.tokens(of: 0.4, on: asked) == 200)
        #expect(FirstReach.tokens(of: 0.3, on: asked).map { abs($0 - 150) < 1e-9 } == true)
        #expect(FirstReach.tokens(of: 0.45, on: asked).map { abs($0 - 350) < 1e-9 } == true)
        #expect(FirstReach.tokens(of: 0.7, on: asked) == nil && FirstReach.tokens(of: 0, on: []) == nil)
    }
}

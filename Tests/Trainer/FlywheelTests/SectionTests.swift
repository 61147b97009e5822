import Flywheel
import Foundation
import TestSupport
import Testing

/// The parts of a report that a plan names, from numbers that are chosen here.
struct SectionTests {
    private typealias Model = [String: Any]

    private static func model(_ model: Model, _ accuracy: Double, loss: [String: Double]) -> Model {
        [
            "model": model, "accuracy": ["sorting": accuracy], "meanAccuracy": accuracy, "loss": loss,
            "goldNats": 1 - accuracy, "passAtK": min(1, accuracy + 0.1), "distinctShare": 0.5,
        ]
    }

    private static func curve(_ seed: UInt64, _ round: Int, _ method: String, _ asked: [Double]) -> [String: Any] {
        [
            "model": ["seed": seed, "round": round, "method": method, "phase": "mid"] as [String: Any], "points": [],
            "asked": asked.enumerated().map {
                ["tokens": 100 * ($0.offset + 1), "accuracy": $0.element] as [String: Any]
            },
            "stepSeconds": 1, "waitSeconds": 0, "meanWeight": 1, "clippedShare": 0,
        ]
    }

    /// The report of bases whose models have these accuracies.
    private func report(
        _ preset: FlywheelPreset, bases: Int = 6,
        loss: (_ method: String, _ phase: String) -> [String: Double] = { _, _ in ["reasoning": 0.5, "filler": 0.1] },
        curves: (UInt64, Int, String) -> [Double] = { _, _, _ in [] },
        _ accuracy: (_ base: Int, _ round: Int, _ method: String, _ phase: String) -> Double
    ) throws -> String {
        let parts = try Parts(preset)
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
                                accuracy(base, round, method, phase), loss: loss(method, phase))
                        }
                    }
                    part["curves"] = places.filter { !curves(seed, $0.0, $0.1).isEmpty }.map { round, method in
                        Self.curve(seed, round, method, curves(seed, round, method))
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
        let text = try report(.noise30) { base, _, method, phase in
            let gain = gains[method] ?? 0
            return 0.5 + gain * (1 + 10 * Self.luck[base]) + (phase == "reinforced" ? 0.2 : 0)
        }
        #expect(text.contains("| oracle | +10.0 (+9.8 to +10.2) |  |  |"), "\(text)")
        #expect(text.contains("| remit | +2.0 (+2.0 to +2.0) | 20 | 20 to 20 |"), "\(text)")
        #expect(
            text.contains("The first teacher, asked the same problems in the same form, answers 70.0 % of them right."))
    }

    /// An oracle that may gain nothing leaves no shares.
    @Test func noShareOfAGapThatMayBeNone() throws {
        let text = try report(.noise30) { base, _, method, _ in 0.5 + (method == "oracle" ? Self.luck[base] : 0) }
        #expect(text.contains("| remit | +0.0 (+0.0 to +0.0) | not given |  |"), "\(text)")
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
    @Test func epsilonHasOneTrend() throws {
        let text = try report(.epsilon) { base, _, method, _ in
            let epsilon = method.split(separator: "-").last.flatMap { Double($0) } ?? 0
            return 0.5 + Self.luck[base] + 0.1 * epsilon * (1 + 10 * Self.luck[base])
        }
        #expect(text.contains("| accuracy, % | +10.0 (+9.8 to +10.2) | 0.031 | 6 |"), "\(text)")
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

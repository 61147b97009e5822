import Flywheel
import Reports
import TestSupport
import Testing

struct ContrastTests {
    /// A report over so many bases, in which remit is better than all others by 0.02 and a little more or less from base to base.
    private func report(
        bases: Int, from first: UInt64 = 1, planned: Int, change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> String {
        var parts = try Parts()
        parts.plan.plannedBases = planned
        let paths = try (first..<first + UInt64(bases)).map { seed in
            try parts.write(seed, change: change) { method in
                let shift = parts.plan.methods.firstIndex { $0.name == method } ?? 0
                // Ten bases give every method the same mean of luck.
                let luck = Double((Int(seed) * 7 + shift) % 5 - 2) / 1000
                return 0.5 + luck + (method == "remit" ? 0.02 : 0)
            }
        }
        let results = try MergedParts(contentsOf: paths).write(to: FlywheelPaths(parts.directory.file("out")))
        return FlywheelReport(results).markdown
    }

    @Test func aWholeStudySaysWhatIsShown() throws {
        let text = try report(bases: 10, planned: 10)
        #expect(text.contains("10 of 10 planned independent bases (seeds 1-10)"))
        #expect(text.contains("| accuracy after the same post-training | remit - ntp | 10 | +2.00 |"), "\(text)")
        #expect(text.contains("remit is better, as far as these bases tell"))
        // More nats are worse.
        #expect(text.contains("| nats of the gold answer after mid-training | remit - ntp | 10 | +0.002 |"))
        #expect(text.contains("remit is worse, as far as these bases tell"))
        #expect(text.contains("kd against ntp, accuracy after the same post-training: "))
        #expect(text.contains("No difference is shown."))
        #expect(text.contains("The noise floor: ntp-reordered - ntp") && text.contains("Holm"))
    }

    /// The same numbers before all bases are there show nothing.
    @Test func anInterimReportShowsNothing() throws {
        let text = try report(bases: 10, planned: 48)
        #expect(text.contains("10 of 48 planned bases are there: this is an interim report"))
        #expect(!text.contains("as far as these bases tell") && !text.contains("| better |"))
        #expect(text.contains("Open: the bases are not the planned ones") && text.contains("| open |"))
        #expect(text.contains("with 48 bases"))
    }

    /// As many bases as planned are no planned ones, and more than planned are not either.
    @Test func otherBasesThanPlannedShowNothing() throws {
        let others = try report(bases: 10, from: 101, planned: 10)
        #expect(others.contains("0 of 10 planned independent bases, 10 that were not planned (seeds 101-110)"))
        #expect(
            others.contains("0 of 10 planned bases and 10 that were not planned are there: this is an interim report"))
        let more = try report(bases: 11, planned: 10)
        #expect(more.contains("10 of 10 planned bases and 1 that were not planned are there"), "\(more)")
        for text in [others, more] {
            #expect(!text.contains("as far as these bases tell") && text.contains("| open |"))
        }
    }

    /// A base without a number leaves the contrasts of that number open, and the others as they are.
    @Test func aMissingNumberLeavesItsContrastsOpen() throws {
        let text = try report(bases: 10, planned: 10) { part in
            guard (part["origin"] as? [String: Any])?["seed"] as? UInt64 == 3 else { return }
            let models = part["models"] as? [[String: Any]] ?? []
            part["models"] = models.map { $0.filter { $0.key != "goldNats" } }
        }
        #expect(text.contains("10 of 10 planned bases are there, but not each with both numbers of every contrast"))
        #expect(text.contains("| accuracy after the same post-training | remit - ntp | 10 | +2.00 |"))
        #expect(text.contains("remit is better, as far as these bases tell"), "\(text)")
        let nats = try #require(text.split(separator: "\n").first { $0.hasPrefix("| nats of the gold answer") })
        #expect(nats.contains("| 9 |") && nats.hasSuffix("| open |"))
    }

    /// The exact test ends at 48 bases: that is said, and not that nothing is shown.
    @Test func aboveFortyEightBasesThereIsNoP() throws {
        let text = try report(bases: 49, planned: 48)
        #expect(text.contains("|  |  | p not computed above 48 bases |") && !text.contains("not shown"), "\(text)")
        #expect(text.contains("Not tested: p not computed above 48 bases."))
    }

    /// All but the named contrasts are exploratory: intervals, and no p.
    @Test func whatWasNotNamedHasNoP() throws {
        let text = try report(bases: 10, planned: 10)
        let table = try #require(text.firstRange(of: "## Exploratory")).upperBound
        #expect(!text[table...].contains(", p 0.") && text[table...].contains("exploratory"))
    }

    @Test func oneBaseHasNoIntervals() throws {
        let text = try report(bases: 1, planned: 48)
        #expect(text.contains("One base: there is no interval, and no p."))
        #expect(text.contains("too few bases for an interval"))
        #expect(text.contains("|  |  |  | open |") && !text.contains("1.0000"), "\(text)")
    }
}

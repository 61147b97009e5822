import Foundation
import Reports

extension FlywheelReport {
    /// Chance with which a true difference is to be found, where the report says how large it must be.
    private static let wantedPower = 0.8

    /// Table of the contrasts that the plan named.
    var contrastTable: ReportTable {
        var table = ReportTable(
            head: ["measure", "contrast", "bases", "difference", "95 % interval", "p", "p after Holm", ""],
            numericColumns: Set(2...6))
        for tested in contrasts.tested {
            let format = Self.format(tested.contrast.measure)
            let number = { (value: Double) in String(format: format, value) }
            let interval = tested.difference.interval.map { "\(number($0.lowerBound)) to \(number($0.upperBound))" }
            let (p, adjusted) = (tested.p, tested.adjustedP)
            table.rows.append([
                tested.contrast.measure.rawValue, "\(tested.contrast.method) - \(tested.contrast.other)",
                "\(tested.difference.differences.count)",
                tested.difference.differences.isEmpty ? "" : number(tested.difference.mean), interval ?? "",
                p.map(Self.written) ?? "", adjusted.map(Self.written) ?? "",
                verdict(tested),
            ])
        }
        return table
    }

    private func verdict(_ tested: ContrastResults.Tested) -> String {
        if let tooMany = tested.difference.tooManyForP { return tooMany }
        guard tested.isComplete else { return "open" }
        guard contrasts.isShown(tested) else { return "not shown" }
        return (tested.difference.mean > 0) == tested.contrast.measure.higherIsBetter ? "better" : "worse"
    }

    /// How the contrasts' numbers are made, and how far they go.
    var contrastProcedure: String {
        let bases = results.plan.seeds.count
        let degrees = bases == 2 ? "1 degree" : "\(bases - 1) degrees"
        let made =
            "Differences are paired by base; the 95 % interval is that of the paired t test over \(bases) bases (Student's t, \(degrees) of "
            + "freedom), each for itself; p is that of the exact sign-flip test, two-sided; p after Holm is corrected for the "
            + "\(contrasts.tested.count) contrasts together. A difference is called better or worse only where all planned bases are "
            + "there and no others, the interval leaves zero out and p after Holm is below \(String(format: "%.2f", Statistics.significance))."
        guard bases > 1 else { return "One base: there is no interval, and no p." }
        guard !contrasts.isComplete else { return made }
        return made + " " + interim
    }

    /// Why nothing is called shown where not the planned bases are there, or not all of their numbers.
    private var interim: String {
        let (planned, others) = results.plan.presentSeeds
        let wanted = results.plan.plannedBases ?? planned.count
        let numbers =
            planned.count == wanted && others.isEmpty ? ", but not each with both numbers of every contrast" : ""
        return
            "\(presentBases)\(numbers): this is an interim report, and no contrast that "
            + "lacks a planned base, or has another, is called shown, whatever p is. Whoever looks again and again and stops at a small one finds it by chance."
    }

    /// How many of the planned bases are there, and of others: the beginning of a sentence.
    var presentBases: String {
        let (planned, others) = results.plan.presentSeeds
        let unplanned = others.isEmpty ? "" : " and \(others.count) that were not planned"
        return "\(planned.count) of \(results.plan.plannedBases ?? planned.count) planned bases\(unplanned) are there"
    }

    /// Sentences on the noise floor, and on what the planned number of bases can find.
    var power: [String] {
        let floor = difference(FlywheelMethod.reordered, 1, .reinforced) { 100 * $0.meanAccuracy }
        guard let deviation = Statistics.deviation(floor.differences), deviation > 0, !contrasts.tested.isEmpty else {
            return []
        }
        let bases = floor.differences.count
        let strictest = Statistics.significance / Double(contrasts.tested.count)
        let found = { (bases: Int, significance: Double) in
            deviation
                * PairedPower.detectableEffect(power: Self.wantedPower, bases: bases, significance: significance)
        }
        let numbers = [bases, results.plan.plannedBases ?? bases].reduce(into: [Int]()) { known, count in
            if !known.contains(count) { known.append(count) }
        }
        let sizes = numbers.map { bases in
            String(
                format:
                    "with \(bases) bases %.1f points where one contrast is tested alone, %.1f at the strictest step of Holm's correction",
                found(bases, Statistics.significance), found(bases, strictest))
        }
        return [
            String(
                format:
                    "The noise floor: \(FlywheelMethod.reordered) - \(FlywheelMethod.baseline), accuracy after the same post-training, "
                    + "differs by %+.1f points on average over \(bases) bases, with a standard deviation of %.2f points. ",
                floor.mean, deviation)
                + "Nothing but the order of the documents is behind it.",
            String(
                format: "By that spread the paired t test finds, %.0f times in 100, a true difference of: ",
                100 * Self.wantedPower)
                + sizes.joined(separator: "; ") + ".",
        ]
    }

    /// A sentence for each contrast.
    var contrastConclusions: [String] {
        contrasts.tested.map { tested in
            let contrast = tested.contrast
            let what = "\(contrast.method) against \(contrast.other), \(contrast.measure.rawValue)"
            let difference = tested.difference
            guard let interval = difference.interval else { return "\(what): too few bases for an interval." }
            let (format, unit) = (Self.format(contrast.measure), contrast.measure == .goldNats ? "nats" : "points")
            let numbers = [difference.mean, interval.lowerBound, interval.upperBound].map { String(format: format, $0) }
            let said =
                "\(what): \(numbers[0]) \(unit) over \(difference.differences.count) bases (95 % interval of paired t \(numbers[1]) to "
                + "\(numbers[2])" + (tested.adjustedP.map { ", p after Holm \(Self.written($0))" } ?? "") + "). "
            if let tooMany = difference.tooManyForP { return said + "Not tested: \(tooMany)." }
            guard tested.isComplete else {
                return said + "Open: the bases are not the planned ones, all of them and no others."
            }
            guard contrasts.isShown(tested) else { return said + "No difference is shown." }
            let isBetter = (difference.mean > 0) == contrast.measure.higherIsBetter
            return said + "\(contrast.method) is \(isBetter ? "better" : "worse"), as far as these bases tell."
        }
    }

    /// A p with four decimals; none is ever 0.
    static func written(_ p: Double) -> String { p < 0.0001 ? "< 0.0001" : String(format: "%.4f", p) }

    private static func format(_ measure: FlywheelContrast.Measure) -> String {
        measure == .goldNats ? "%+.3f" : "%+.2f"
    }

    /// What the bases were computed by: a row for each program, kernel path and processor.
    var origins: ReportTable? {
        guard let origins = results.origins, !origins.isEmpty else { return nil }
        var table = ReportTable(
            head: ["program", "kernel path", "processor", "bases", "wall-clock hours", "CPU hours"],
            numericColumns: Set(4...5))
        let key = { (origin: BasePart.Origin) in [origin.version, origin.kernelPath, origin.processor] }
        for group in Set(origins.map(key)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let own = origins.filter { key($0) == group }
            let cpu = own.compactMap(\.cpuSeconds)
            table.rows.append(
                group + [
                    Self.ranges(own.map(\.seed)), String(format: "%.2f", own.reduce(0) { $0 + $1.seconds } / 3600),
                    cpu.count == own.count ? String(format: "%.2f", cpu.reduce(0, +) / 3600) : "",
                ])
        }
        return table
    }

    /// Seeds in words, as `flywheel --seeds` takes them: 1-6,9.
    package static func ranges(_ seeds: [UInt64]) -> String {
        var runs: [ClosedRange<UInt64>] = []
        for seed in seeds {
            if let last = runs.last, last.upperBound < .max, last.upperBound + 1 == seed {
                runs[runs.count - 1] = last.lowerBound...seed
            } else {
                runs.append(seed...seed)
            }
        }
        return runs.map { $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}

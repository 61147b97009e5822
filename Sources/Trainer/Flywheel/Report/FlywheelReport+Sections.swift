import Foundation
import Reports

extension FlywheelReport {
    /// A part of the report beyond those of every plan: what its numbers are, and the numbers.
    struct Section {
        let title: String
        let explanation: String
        let table: ReportTable
    }

    /// The parts that the plan names, in its order.
    var sections: [Section] {
        (results.plan.sections ?? []).map { section in
            switch section {
            case .rounds: roundTrends
            case .tokensToAccuracy: tokensToAccuracy
            case .samples: samples
            case .oracleGap: oracleGap
            case .teacherGap: teacherGap
            case .logOdds: logOdds
            case .epsilon: epsilonTrend
            case .facts: facts
            }
        }
    }

    /// Names of the methods that are compared with the baseline.
    var others: [String] { results.plan.methods.map(\.name).filter { $0 != FlywheelMethod.baseline } }

    /// Mean with the interval of the t test in brackets, where there is one; nothing where there is no difference.
    static func cell(_ difference: PairedDifference, _ format: String) -> String {
        guard !difference.differences.isEmpty else { return "" }
        let number = "%+" + format.dropFirst()
        let mean = String(format: number, difference.mean)
        guard let interval = difference.interval else { return mean }
        return mean + String(format: " (\(number) to \(number))", interval.lowerBound, interval.upperBound)
    }

    /// The same, of numbers that are differences already, by base.
    static func cell(_ values: [UInt64: Double], _ format: String) -> String {
        cell(PairedDifference(values, to: values.mapValues { _ in 0 }), format)
    }
}

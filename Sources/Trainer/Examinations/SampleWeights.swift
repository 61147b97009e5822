import Annealing
import Corpora
import Formats
import Foundation
import Sequences
import TokenWeights

/// The weights that a sample's tokens would have at the first step.
package struct SampleWeights {
    /// Beyond it the clip, not the teacher, decides most weights.
    private static let muchClipped = 0.7
    /// A teacher that knows a corpus so much worse, in nats a token, is hardly of the student's lineage.
    private static let muchWorse = 1.0

    private let scored: Int
    private let clippedLow: Int
    private let clippedHigh: Int
    private let above: Int
    /// Scored tokens whose weight is not 1.
    private let apart: Int
    private let histogram: WeightHistogram?
    private let teacherLoss: Double
    private let studentLoss: Double

    /// Weighs a sample; nil where the weighting refuses the numbers.
    package init?(
        _ windows: [TrainingWindow], _ teacher: [TeacherScores], _ student: [[Float]], _ weighting: any TokenWeighting
    ) {
        var options = AnnealingOptions()
        options.weighting = weighting.options
        var histogram = options.weightRange.map(WeightHistogram.init)
        var (low, high, above, apart, scored) = (0, 0, 0, 0, 0)
        var (teacherSum, studentSum) = (0.0, 0.0)
        for (window, (teacher, student)) in zip(windows, zip(teacher, student)) {
            guard
                var sequence = try? LogProbSequence(
                    teacher: teacher.logProbs, student: student, scored: window.scored,
                    documentStarts: window.segments.starts)
            else { return nil }
            sequence.teacherEntropies = teacher.entropies
            guard let weighted = try? weighting.weights(sequence) else { return nil }
            (low, high) = (low + weighted.clippedLow, high + weighted.clippedHigh)
            for position in window.scored.indices where window.scored[position] {
                histogram?.add(weighted.weights[position])
                above += weighted.weights[position] > 1 ? 1 : 0
                apart += weighted.weights[position] != 1 ? 1 : 0
                scored += 1
                teacherSum -= Double(teacher.logProbs[position])
                studentSum -= Double(student[position])
            }
        }
        guard scored > 0 else { return nil }
        (clippedLow, clippedHigh, self.above, self.apart) = (low, high, above, apart)
        (self.scored, self.histogram) = (scored, histogram)
        (teacherLoss, studentLoss) = (teacherSum / Double(scored), studentSum / Double(scored))
    }

    /// Adds losses and weights to the findings.
    package func report(_ findings: inout Findings) {
        let isWorse = teacherLoss > studentLoss + Self.muchWorse
        findings.add(
            isWorse ? .doubtful : .fine, "losses",
            "teacher \(Format.loss(teacherLoss)), student \(Format.loss(studentLoss)) nats a token"
                + (isWorse ? ": the teacher knows this corpus far worse; is it the student's?" : ""))
        let clipped = Double(clippedLow + clippedHigh) / Double(scored)
        let isMuch = clipped > Self.muchClipped
        findings.add(
            isMuch ? .doubtful : .fine, "weights",
            "\(Format.percent(Double(above) / Double(scored))) above 1; at the clip \(Format.percent(Double(clippedLow) / Double(scored))) "
                + "low, \(Format.percent(Double(clippedHigh) / Double(scored))) high"
                + (isMuch ? ": the clip decides most weights, a larger --epsilon would tell tokens apart" : ""))
        if apart == 0 {
            findings.add(.doubtful, "weights", "no weight differs from 1: is the teacher the student itself?")
        }
        if let histogram { findings.histogram = Self.bars(histogram) }
    }

    /// Twenty bins, one a line, within 80 columns.
    private static func bars(_ histogram: WeightHistogram) -> [String] {
        let pairs = stride(from: 0, to: histogram.counts.count, by: 2).map {
            histogram.counts[$0] + histogram.counts[$0 + 1]
        }
        let total = max(1, pairs.reduce(0, +))
        let most = max(1, pairs.max() ?? 1)
        let width = (histogram.high - histogram.low) / Double(pairs.count)
        let lines = pairs.enumerated().map { bin, count in
            String(format: "%6.2f  %5.1f%%  ", histogram.low + Double(bin) * width, 100 * Double(count) / Double(total))
                + String(repeating: "#", count: (count * 56 + most - 1) / most)
        }
        return ["weight  share of the sample's tokens"] + lines
    }
}

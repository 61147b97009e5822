import Foundation

/// The learning rate as a pure function of (step, total steps).
///
/// Warmup rises in equal parts to the peak: step s of W has peak * (s + 1) / W. After it, with progress
/// p = (s - W) / (total - W) in [0, 1), the rate is peak * (f + (1 - f) * shape(p)), f being the final fraction. The first step after
/// warmup has the peak, and the step that would follow the last one the final rate: no step is spent at rate 0.
package struct LearningRateSchedule: Sendable, Equatable, Codable {
    /// How the rate falls after warmup, as a function of the progress p in [0, 1).
    package enum Shape: String, CaseIterable, Sendable, Codable {
        /// A straight line: 1 - p.
        case linear
        /// Half a cosine: (1 + cos(pi p)) / 2.
        case cosine
        /// Fast at first: 1 - sqrt(p). Haegele et al., Scaling laws and compute-optimal training beyond fixed training durations
        /// (2024).
        case oneMinusSqrt = "one-minus-sqrt"
        /// Warmup, stable, decay: 1, then linear over the last fifth of all steps, or over those behind warmup where they
        /// are fewer. Hu et al., MiniCPM (2024).
        case wsd
        /// Always 1; the final fraction is not used.
        case constant
    }

    /// Share of all steps, the last of them, over which `wsd` decays, unless warmup leaves fewer.
    package static let wsdDecayShare = 0.2

    /// How the rate falls after warmup.
    package var shape: Shape
    /// Highest learning rate; the last step of warmup and the first after it have it. Finite, 0 or more.
    package var peak: Double
    /// Steps in which the rate rises in equal parts to the peak, fewer than the run has; 0: the first step has the peak.
    package var warmupSteps: Int
    /// Rate of the step that would follow the last one, as a fraction of the peak, 0 to 1. `constant` does not use it.
    package var finalFraction: Double

    package init(_ shape: Shape = .linear, peak: Double, warmupSteps: Int = 0, finalFraction: Double = 0) {
        self.shape = shape
        self.peak = peak
        self.warmupSteps = warmupSteps
        self.finalFraction = finalFraction
    }

    /// Checks that a run of `totalSteps` steps can have the schedule.
    ///
    /// - Throws: `TrainingError.badOption`, with the name of the flag.
    package func validate(totalSteps: Int) throws {
        let require = TrainingError.require
        try require(peak.isFinite && peak >= 0, "learning-rate", peak, "a finite number, 0 or more")
        try require(
            warmupSteps >= 0 && warmupSteps < totalSteps, "warmup-steps", warmupSteps,
            "0 or more, and less than the \(totalSteps) steps of the run")
        try require((0...1).contains(finalFraction), "final-learning-rate-fraction", finalFraction, "0 to 1")
    }

    /// Learning rate of a step. `step` counts from 0, and is below `totalSteps`.
    package func rate(step: Int, totalSteps: Int) -> Double {
        precondition(step >= 0 && step < totalSteps, "a step of the run")
        guard step >= warmupSteps else { return peak * Double(step + 1) / Double(warmupSteps) }
        guard shape != .constant else { return peak }
        let factor = factor(step: Double(step), total: Double(totalSteps))
        return peak * (finalFraction + (1 - finalFraction) * factor)
    }

    private func factor(step: Double, total: Double) -> Double {
        let warmup = Double(warmupSteps)
        let progress = (step - warmup) / (total - warmup)
        switch shape {
        case .linear: return 1 - progress
        case .cosine: return (1 + cos(Double.pi * progress)) / 2
        case .oneMinusSqrt: return 1 - progress.squareRoot()
        case .wsd: return min(1, (total - step) / min(Self.wsdDecayShare * total, total - warmup))
        case .constant: return 1
        }
    }
}

/// When a step is a spike, and its update is left out.
package struct SpikeOptions: Sendable, Equatable, Codable {
    /// Standard deviations above the mean of the steps before it that make a step a spike; 0: no update is ever left out.
    package var deviations = 0.0
    /// Last steps that are looked back on, 2 or more.
    package var window = 128

    package init(deviations: Double = 0, window: Int = 128) {
        self.deviations = deviations
        self.window = window
    }
}

/// Losses and gradient norms of the last steps, and whether a new one sticks out of them.
///
/// A step is a spike if its loss or its gradient norm exceeds mean + k * deviation of the steps before it: sample standard deviation,
/// the step itself not counted. Nothing is a spike before half the window has been seen (OLMo-core's SkipStepOptimizer does the same,
/// with 128 steps and k = 6). Spikes enter the window like all other steps: a level that stays is soon the normal one, and a run can
/// never stand still.
package struct SpikeWindow: Sendable, Equatable, Codable {
    /// Weighted losses of the last steps, the latest last; empty where spikes are not asked for.
    package private(set) var losses: [Double] = []
    /// Gradient norms of the last steps before clipping, the latest last; empty where spikes are not asked for.
    package private(set) var gradNorms: [Double] = []

    package init() {}

    /// Whether a step is a spike; it is remembered either way. Keeps nothing where spikes are not asked for.
    package mutating func isSpike(loss: Double, gradNorm: Double, _ options: SpikeOptions) -> Bool {
        guard options.deviations > 0 else { return false }
        defer {
            losses = (losses + [loss]).suffix(options.window)
            gradNorms = (gradNorms + [gradNorm]).suffix(options.window)
        }
        guard losses.count >= max(2, options.window / 2) else { return false }
        return Self.exceeds(loss, losses, options.deviations) || Self.exceeds(gradNorm, gradNorms, options.deviations)
    }

    private static func exceeds(_ value: Double, _ before: [Double], _ deviations: Double) -> Bool {
        let count = Double(before.count)
        let mean = before.reduce(0, +) / count
        let variance = before.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        return value - mean > deviations * variance.squareRoot()
    }
}

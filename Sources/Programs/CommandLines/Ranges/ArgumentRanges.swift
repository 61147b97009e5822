/// Ranges that several flags have in common. Upper ends are far beyond use, and near enough that no product of a few of them
/// overflows.
package enum ArgumentRanges {
    /// Threads that compute.
    package static let threads = 1...1024
    /// Tokens of a queue, a cache, a batch: to 64 Gi.
    package static let tokens = 1...(1 << 36)
    /// Tokens of a training window, which needs one to predict from and one to predict: to 16 Mi.
    package static let windowTokens = 2...(1 << 24)
    /// Windows or sequences, prompts, completions of a step.
    package static let batch = 1...65_536
    /// Steps of a run: at least one.
    package static let steps = 1...1_000_000_000
    /// Intervals and warmups in steps; 0: never, or none.
    package static let everySteps = 0...1_000_000_000
    /// Sizes of bodies, memory or files: to 1 PiB.
    package static let bytes = ByteCount(1)...ByteCount(1 << 50)
    /// Times to wait: from nothing to 365 days.
    package static let times = TimeSpan(.zero)...TimeSpan(.seconds(31_536_000))
    /// Seeds: every number of 64 bits.
    package static let seeds = UInt64.min...UInt64.max
    /// Fractions of a whole, both ends included.
    package static let shares = 0.0...1.0
    /// Peak learning rates; 0 is allowed, a run that changes nothing.
    package static let learningRates = 0.0...1000.0
    /// Rates of AdamW's decoupled weight decay; 0: none.
    package static let weightDecays = 0.0...1000.0
    /// Decays of AdamW's running means; at 1 these would never move, and just below it a float is 1.
    package static let adamBetas = 0.0...0.999_999
    /// Decays of a moving average of parameters; just below 1 a float is 1, and the average would never move.
    package static let movingAverageDecays = 0.0...0.999_999
    /// Norms that gradients are scaled down to; 0: never.
    package static let gradientNorms = 0.0...1e9
}

/// Ranges that several flags have in common. Upper ends are far beyond use, and near enough that no product of a few of them
/// overflows.
package enum ArgumentRanges {
    package static let threads = 1...1024
    /// Of a queue, a cache, a batch: 64 Gi.
    package static let tokens = 1...(1 << 36)
    /// Of a training window: 16 Mi.
    package static let windowTokens = 2...(1 << 24)
    /// Windows or sequences, prompts, completions.
    package static let batch = 1...65_536
    package static let steps = 1...1_000_000_000
    /// Every so many steps; 0: never.
    package static let everySteps = 0...1_000_000_000
    package static let bytes = ByteCount(1)...ByteCount(1 << 50)
    package static let times = TimeSpan(.zero)...TimeSpan(.seconds(31_536_000))
    package static let seeds = UInt64.min...UInt64.max
    package static let shares = 0.0...1.0
    package static let learningRates = 0.0...1000.0
    package static let weightDecays = 0.0...1000.0
    /// 0: never.
    package static let gradientNorms = 0.0...1e9
}

import Foundation

/// Tokens per second of one engine: an average over batches that forgets with a time constant of about 30 seconds of
/// engine time, so that a burst of tiny batches does not decide alone.
package struct ThroughputMeter: Sendable {
    private static let memorySeconds = 30.0

    private var tokens = 0.0
    private var seconds = 0.0

    package init() {}

    /// The rate of late; nil before the first batch.
    package var tokensPerSecond: Double? { seconds > 0 ? tokens / seconds : nil }

    /// Adds a batch: what was measured before is weighted down by exp(-duration / 30 s).
    package mutating func record(tokens: Int, in duration: Duration) {
        let elapsed = max(duration / .seconds(1), 1e-9)
        let kept = exp(-elapsed / Self.memorySeconds)
        self.tokens = self.tokens * kept + Double(tokens)
        seconds = seconds * kept + elapsed
    }
}

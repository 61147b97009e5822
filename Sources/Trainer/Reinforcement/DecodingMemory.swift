import Transformers

/// Memory in which completions are drawn. It decides how many are drawn at a time, and not what is drawn: a completion has the same bits in
/// any company.
package struct DecodingMemory: Sendable {
    /// As much as is asked for.
    package static let unlimited = DecodingMemory(availableBytes: .max)

    private let availableBytes: Int

    /// - Parameter availableBytes: bytes that are there beside the models and what stands with them all the time.
    package init(availableBytes: Int) { self.availableBytes = availableBytes }

    /// Limits of a decoder: as many sequences as have their keys and values in half of the memory, and one in any case where it fits into all
    /// of it. The other half is for what is computed from them.
    ///
    /// - Parameters:
    ///   - sequences: most that are worth having: there are no more completions, or more at a time are not faster.
    ///   - maxTokens: of a prompt and its completion.
    ///   - cacheBytes: bytes of keys and values that a decoder of the model holds within such limits.
    /// - Throws: `ReinforcementError.noRoom` where not one sequence fits.
    package func limits(
        sequences: Int, maxTokens: Int, cacheBytes: (DecoderLimits) -> Int
    ) throws(ReinforcementError) -> DecoderLimits {
        let one = cacheBytes(DecoderLimits(sequences: 1, maxTokens: maxTokens))
        guard one <= availableBytes else {
            throw .noRoom(tokens: maxTokens, bytes: one, available: max(0, availableBytes))
        }
        let fitting = max(1, availableBytes / 2 / max(1, one))
        return DecoderLimits(sequences: max(1, min(sequences, fitting)), maxTokens: maxTokens)
    }
}

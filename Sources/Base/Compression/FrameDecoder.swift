/// What one call of a codec did.
struct FrameProgress {
    var consumed: Int
    var produced: Int
    /// The frame (gzip: member) is complete, its checksum was right, and the next byte begins another.
    var frameEnded: Bool
}

/// Decodes one frame after the other; the state that `Decompressor` puts rules around.
protocol FrameDecoder: AnyObject {
    /// Takes what it can from `input`, fills what it can of `output`.
    /// - Parameter offset: where `input` starts in the whole, for errors.
    func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, offset: Int
    ) throws(CompressionError) -> FrameProgress
}

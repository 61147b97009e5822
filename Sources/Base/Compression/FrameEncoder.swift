/// Encodes one frame after the other.
protocol FrameEncoder: AnyObject {
    /// Takes what it can from `input`, fills what it can of `output`. With `ending`, the frame ends once all of `input` is
    /// taken; the next call starts another.
    func encode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, ending: Bool
    ) -> FrameProgress
}

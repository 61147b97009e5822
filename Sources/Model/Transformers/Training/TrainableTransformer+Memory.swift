import Sequences
import Tensors

extension TrainableTransformer {
    /// Bytes that the student holds whatever its batches are: values and gradients in f32, and the matrices packed for the passes.
    package var parameterBytes: Int {
        let arenas = 2 * values.count * MemoryLayout<Float>.stride
        return arenas + packed.packedByteCount
    }

    /// Bytes that the largest forward and backward pass so far makes it hold, where that is one over windows that are one document
    /// each: shorter documents take less.
    ///
    /// - Parameters:
    ///   - windows: of a micro-batch.
    ///   - tokens: of a window.
    package func passBytes(windows: Int, tokens: Int) -> Int {
        let window = [Int32](repeating: 0, count: tokens)
        let plan = WorkPlan(
            PackedBatch(segments: [[Int32]](repeating: window, count: windows)), threads: workers.threads)
        var (forward, backward) = (Carver(nil), Carver(nil))
        let kept = forwardBuffers(plan, &forward)
        _ = BackwardBuffers(
            architecture, format: precision.format, plan: plan, keepsLogits: kept.logits != nil, workers: workers,
            &backward)
        return (forward.count + backward.count) * MemoryLayout<Float>.stride
            + RotaryTables.byteCount(architecture.rotaries, positions: tokens)
    }

    /// Bytes that log-probs without a backward pass make it hold beside: those of a held-out loss.
    ///
    /// - Parameters:
    ///   - windows: of one forward pass.
    ///   - tokens: of a window.
    package func evaluationBytes(windows: Int, tokens: Int) -> Int {
        scorer.scratchByteCount(maxBatchTokens: windows * tokens, maxSegmentTokens: tokens)
    }
}

import Sequences
import Tensors

extension TrainableTransformer {
    /// Bytes that the student holds whatever its batches are: values and gradients in f32, and the matrices packed for the passes.
    package var parameterBytes: Int {
        let arenas = 2 * values.count * MemoryLayout<Float>.stride
        return arenas + packed.packedByteCount
    }

    /// Bytes that forward and backward passes make it hold, up to one over windows that are one document each: shorter documents
    /// take less. Where the logits of all tokens are more than are kept, a pass over fewer tokens, which keeps them, may be
    /// the one that takes most: windows are not always full, and the last micro-batch of a step may have fewer.
    ///
    /// - Parameters:
    ///   - windows: of a micro-batch.
    ///   - tokens: of a window.
    package func passBytes(windows: Int, tokens: Int) -> Int {
        let columns = Head.keptColumns(architecture.vocabularySize, path: workers.path)
        let keeping = min(windows * tokens, maxKeptLogitBytes / MemoryLayout<Float>.stride / columns)
        let passes = Set([windows * tokens, max(1, keeping)]).map { passFloats($0, window: tokens) }
        let (forward, backward) = (passes.map(\.forward).max() ?? 0, passes.map(\.backward).max() ?? 0)
        return (forward + backward) * MemoryLayout<Float>.stride
            + RotaryTables.byteCount(architecture.rotaries, positions: tokens)
    }

    /// Floats of a forward pass over so many tokens, in windows that are full but for the last, and of its backward pass.
    private func passFloats(_ tokens: Int, window: Int) -> (forward: Int, backward: Int) {
        let segments = stride(from: 0, to: tokens, by: window).map {
            [Int32](repeating: 0, count: min(window, tokens - $0))
        }
        let plan = WorkPlan(PackedBatch(segments: segments), threads: workers.threads)
        var (forward, backward) = (Carver(nil), Carver(nil))
        let kept = forwardBuffers(plan, &forward)
        _ = BackwardBuffers(
            architecture, format: precision.format, plan: plan, keepsLogits: kept.logits != nil, workers: workers,
            &backward)
        return (forward.count, backward.count)
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

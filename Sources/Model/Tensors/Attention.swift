import CKernels

/// Causal attention of one segment and one group: the query heads that share a key/value head.
///
/// T positions of the segment, H heads of the group, E width of a query or key head.
package struct Attention: Sendable {
    /// Query heads that share the key/value head.
    package let heads: Int
    /// E, the width of a query or key head.
    package let queryKeyWidth: Int
    /// Width of a value head, and of a head's output.
    package let valueWidth: Int
    /// Multiplies the dot products of queries and keys, before the soft cap.
    package let scale: Float
    /// Cap of the scores, which become cap * tanh(score / cap) before the softmax; nil for none.
    package let softCap: Float?
    /// How far a query sees: itself and `window - 1` positions before it; nil for all before it.
    package let window: Int?

    /// Key positions in one packed block.
    package static let keyBlock = Int(REMIT_KEY_BLOCK)
    /// Where parts of a block that are packed one after the other may meet: at its multiples.
    package static let packedStep = 16
    /// Most query positions in one piece of work, one call of `forward`.
    package static let queryBlock = Int(REMIT_QUERY_BLOCK)

    package init(
        heads: Int, queryKeyWidth: Int, valueWidth: Int, scale: Float, softCap: Float? = nil, window: Int? = nil
    ) {
        self.heads = heads
        self.queryKeyWidth = queryKeyWidth
        self.valueWidth = valueWidth
        self.scale = scale
        self.softCap = softCap
        self.window = window
    }

    /// Floats that one packed key block takes.
    package var blockCount: Int { withOptions { remit_attention_block_count($0) } }
    /// Floats of scratch that `forward` takes.
    package var scratchCount: Int { withOptions { remit_attention_scratch_count($0) } }
    /// Floats of scratch that `backward` takes.
    package var backwardScratchCount: Int { withOptions { remit_attention_backward_scratch_count($0) } }

    /// Packs keys [., E] and values of one key/value head into a block of `keyBlock`. What it has behind them becomes 0.
    ///
    /// - Parameter first: place of the first in the block, a multiple of `packedStep`; those before it stay as they were packed.
    package func pack(
        keys: Tensor, values: Tensor, first: Int = 0, into block: UnsafeMutablePointer<Float>,
        _ format: MatrixFormat = .f32, path: KernelPath
    ) {
        precondition(first % Attention.packedStep == 0 && first + keys.rows <= Attention.keyBlock, "no such places")
        let pack = format == .f32 ? remit_attention_pack : remit_attention_bf16_pack
        withOptions {
            pack(
                path.rawValue, $0, first, keys.rows, keys.baseAddress, keys.stride, values.baseAddress, values.stride,
                block)
        }
    }

    /// Output of the queries at positions [first, first + queries.rows) of the segment.
    ///
    /// - Parameters:
    ///   - blocks: packed in `format`; what they hold of positions behind the queries is not looked at.
    ///   - table: number in `blocks` of each block of the segment; nil: they stand there one after the other.
    ///   - logSumExp: [rows, H], of the scores; needed by `backward`.
    ///   - format: bf16 rounds queries, keys, values and the weights of values where `KernelPath.roundsAttention`.
    package func forward(
        queries: Tensor, first: Int, blocks: UnsafePointer<Float>, table: UnsafePointer<Int32>? = nil,
        into out: Tensor, logSumExp: Tensor?,
        scratch: UnsafeMutablePointer<Float>, _ format: MatrixFormat = .f32, path: KernelPath
    ) {
        precondition(queries.rows <= Attention.queryBlock, "too many queries for one piece")
        let forward = format == .f32 ? remit_attention_forward : remit_attention_bf16_forward
        withOptions {
            forward(
                path.rawValue, $0, first, queries.rows, queries.baseAddress, queries.stride, blocks, table,
                out.baseAddress, out.stride,
                logSumExp?.baseAddress, logSumExp?.stride ?? 0, scratch)
        }
    }

    /// Values that a forward pass left, for one group: queries [T, H E], keys [T, E], values, out, logSumExp [T, H].
    package struct Saved {
        let queries, keys, values, out, logSumExp: Tensor

        package init(queries: Tensor, keys: Tensor, values: Tensor, out: Tensor, logSumExp: Tensor) {
            self.queries = queries
            self.keys = keys
            self.values = values
            self.out = out
            self.logSumExp = logSumExp
        }
    }

    /// The parts into which the keys of a segment are cut for `backward`, in key blocks: one for each 256 positions, four at
    /// most. They cost about the same: of T positions, key j is seen by T - j. A function of the length alone, so that the order of
    /// the sums is.
    package static func backwardParts(length: Int) -> [Range<Int>] {
        let blocks = (length + keyBlock - 1) / keyBlock
        let parts = min(4, max(1, length / 256))
        let ends = (0...parts).map { part in
            Int((Double(blocks) * (1 - (1 - Double(part) / Double(parts)).squareRoot())).rounded())
        }
        return zip(ends, ends.dropFirst()).map { $0..<$1 }
    }

    /// Overwrites dkeys and dvalues of the key blocks of one part, and dqueries of all rows with what these keys give: the parts'
    /// dqueries add up to the gradient. Scores are computed again, block by block.
    package func backward(
        _ saved: Saved, part: Range<Int>, dout: Tensor, dqueries: Tensor, dkeys: Tensor, dvalues: Tensor,
        scratch: UnsafeMutablePointer<Float>, path: KernelPath
    ) {
        precondition(dout.stride == saved.out.stride, "out and dout have the same layout")
        withOptions {
            remit_attention_backward(
                path.rawValue, $0, saved.queries.rows, part.lowerBound, part.upperBound, saved.queries.baseAddress,
                saved.queries.stride, saved.keys.baseAddress,
                saved.keys.stride, saved.values.baseAddress, saved.values.stride, saved.out.baseAddress,
                dout.baseAddress, dout.stride,
                saved.logSumExp.baseAddress, saved.logSumExp.stride, dqueries.baseAddress, dqueries.stride,
                dkeys.baseAddress, dkeys.stride,
                dvalues.baseAddress, dvalues.stride, scratch)
        }
    }

    private func withOptions<Result>(_ body: (UnsafePointer<remit_attention>) -> Result) -> Result {
        var options = remit_attention(
            heads: heads, qk_width: queryKeyWidth, v_width: valueWidth, scale: scale, softcap: softCap ?? 0,
            window: window ?? 0)
        return body(&options)
    }
}

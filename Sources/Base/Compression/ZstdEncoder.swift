import CZstd

/// zstd's streaming encoder, with a checksum in each frame.
final class ZstdEncoder: FrameEncoder {
    private let context: OpaquePointer

    /// - Parameter windowLog: two to this power bytes of history; nil: what the level brings.
    init(level: Int, windowLog: Int?) throws(CompressionError) {
        precondition((Int(ZSTD_minCLevel())...Int(ZSTD_maxCLevel())).contains(level), "zstd has no level \(level)")
        guard let context = ZSTD_createCCtx() else { throw .outOfMemory(.zstd) }
        self.context = context
        set(ZSTD_c_compressionLevel, level)
        set(ZSTD_c_checksumFlag, 1)
        if let windowLog { set(ZSTD_c_windowLog, windowLog) }
    }

    deinit { ZSTD_freeCCtx(context) }

    private func set(_ parameter: ZSTD_cParameter, _ value: Int) {
        let status = ZSTD_CCtx_setParameter(context, parameter, Int32(value))
        precondition(ZSTD_isError(status) == 0, "zstd refuses the parameter value \(value)")
    }

    func encode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, ending: Bool
    ) -> FrameProgress {
        var from = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var to = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let status = ZSTD_compressStream2(context, &to, &from, ending ? ZSTD_e_end : ZSTD_e_continue)
        precondition(ZSTD_isError(status) == 0, "zstd: \(String(cString: ZSTD_getErrorName(status)))")
        return FrameProgress(consumed: from.pos, produced: to.pos, frameEnded: ending && status == 0)
    }
}

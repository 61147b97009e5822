import CZstd

/// zstd's streaming decoder. Memory: the frame's window, which is bounded, and tables.
final class ZstdDecoder: FrameDecoder {
    private let context: OpaquePointer
    private let maxWindowLog: Int

    init(maxWindowLog: Int) throws(CompressionError) {
        guard let context = ZSTD_createDCtx() else { throw .outOfMemory(.zstd) }
        self.context = context
        self.maxWindowLog = maxWindowLog
        let status = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(maxWindowLog))
        precondition(ZSTD_isError(status) == 0, "zstd takes a window limit of 2^\(maxWindowLog)")
    }

    deinit { ZSTD_freeDCtx(context) }

    func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, offset: Int
    ) throws(CompressionError) -> FrameProgress {
        var from = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var to = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let status = ZSTD_decompressStream(context, &to, &from)
        guard ZSTD_isError(status) == 0 else {
            switch ZSTD_getErrorCode(status) {
            case ZSTD_error_frameParameter_windowTooLarge:
                throw .windowLimit(.zstd, limitBytes: 1 << maxWindowLog)
            case ZSTD_error_memory_allocation:
                throw .outOfMemory(.zstd)
            default:
                throw .corrupt(.zstd, offset: offset + from.pos, reason: String(cString: ZSTD_getErrorName(status)))
            }
        }
        return FrameProgress(consumed: from.pos, produced: to.pos, frameEnded: status == 0)
    }
}

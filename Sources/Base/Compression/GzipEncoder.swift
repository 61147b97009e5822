import CZlib

/// zlib's deflate in gzip mode. The header holds no name and no time: equal input, equal output.
final class GzipEncoder: FrameEncoder {
    // A z_stream points back at itself and must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init(level: Int) throws(CompressionError) {
        precondition((0...9).contains(level), "gzip's levels go from 0 to 9")
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let onlyGzip: Int32 = 16
        let memoryLevel: Int32 = 8
        let size = Int32(MemoryLayout<z_stream>.size)
        let status = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, onlyGzip + MAX_WBITS, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        guard status == Z_OK else { throw .outOfMemory(.gzip) }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func encode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, ending: Bool
    ) -> FrameProgress {
        let inputCount = min(input.count, ZlibCount.max)
        let outputCount = min(output.count, ZlibCount.max)
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = uInt(inputCount)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = uInt(outputCount)
        let isLast = ending && inputCount == input.count
        let status = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
        precondition(status != Z_STREAM_ERROR, "deflate was called out of order")
        if status == Z_STREAM_END { deflateReset(stream) }
        return FrameProgress(
            consumed: inputCount - Int(stream.pointee.avail_in),
            produced: outputCount - Int(stream.pointee.avail_out), frameEnded: status == Z_STREAM_END)
    }
}

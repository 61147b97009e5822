import CZlib

/// zlib's inflate in gzip mode: header, CRC-32 and length are checked by zlib. Memory: a window of 32 KiB and tables.
final class GzipDecoder: FrameDecoder {
    // A z_stream points back at itself and must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(CompressionError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let onlyGzip: Int32 = 16
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, onlyGzip + MAX_WBITS, ZLIB_VERSION, size) == Z_OK else {
            throw .outOfMemory(.gzip)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, offset: Int
    ) throws(CompressionError) -> FrameProgress {
        let inputCount = min(input.count, ZlibCount.max)
        let outputCount = min(output.count, ZlibCount.max)
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = uInt(inputCount)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = uInt(outputCount)
        let status = inflate(stream, Z_NO_FLUSH)
        let consumed = inputCount - Int(stream.pointee.avail_in)
        let produced = outputCount - Int(stream.pointee.avail_out)
        switch status {
        case Z_OK, Z_BUF_ERROR:
            return FrameProgress(consumed: consumed, produced: produced, frameEnded: false)
        case Z_STREAM_END:
            inflateReset(stream)
            return FrameProgress(consumed: consumed, produced: produced, frameEnded: true)
        case Z_MEM_ERROR:
            throw .outOfMemory(.gzip)
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
            throw .corrupt(.gzip, offset: offset + consumed, reason: reason)
        }
    }
}

enum ZlibCount {
    /// zlib counts in 32 bits.
    static let max = 1 << 30
}

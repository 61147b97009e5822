/// Streaming decompression with the rules that neither library enforces: a limit on the output, frames one after the other,
/// nothing after the last (but a gzip file's zeros), no end in the middle of one.
///
/// Memory is that of the codec (`DecompressionLimits`), whatever comes in or out. One thread at a time.
package final class Decompressor {
    private enum Place {
        /// Before a frame; holds what has been seen of its magic number.
        case boundary([UInt8])
        case inFrame
    }

    /// The format that goes in.
    package let format: CompressionFormat
    /// What is allowed of the data, whatever it claims.
    package let limits: DecompressionLimits
    /// Compressed bytes taken so far, padding included.
    package private(set) var consumedBytes = 0
    /// Decompressed bytes given so far, over all frames.
    package private(set) var producedBytes = 0
    private let decoder: any FrameDecoder
    private var place = Place.boundary([])
    private var completeFrames = 0

    /// A decompressor before the first frame.
    ///
    /// - Throws: `CompressionError.outOfMemory` where the codec's context cannot be allocated.
    package init(_ format: CompressionFormat, limits: DecompressionLimits) throws(CompressionError) {
        self.format = format
        self.limits = limits
        switch format {
        case .gzip: decoder = try GzipDecoder()
        case .zstd: decoder = try ZstdDecoder(maxWindowLog: limits.maxWindowLog)
        }
    }

    /// Takes bytes from the front of `input` (which is left with the rest) and fills `output` from its start; returns how many bytes
    /// were filled. Where all of `output` was filled, more may wait inside: call again, if need be with no input.
    ///
    /// - Throws: `CompressionError`; what was filled until then is not to be used.
    package func decompress(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        precondition(!output.isEmpty, "decompression needs room for its output")
        var filled = 0
        while filled < output.count {
            let room = UnsafeMutableRawBufferPointer(
                rebasing: output[filled..<(filled + allowed(output.count - filled))])
            let progress: FrameProgress
            if case .boundary(let seen) = place {
                guard let magic = try readMagic(&input, seen: seen) else { return filled }
                place = .inFrame
                progress = try decodeMagic(magic, into: room)
            } else {
                progress = try decoder.decode(input, into: room, offset: consumedBytes)
                consumedBytes += progress.consumed
                input = UnsafeRawBufferPointer(rebasing: input.dropFirst(progress.consumed))
            }
            filled += progress.produced
            try count(progress)
            if case .inFrame = place, input.isEmpty, progress.produced < room.count { return filled }
        }
        return filled
    }

    /// Ends the input: to be called once, after the last byte.
    ///
    /// - Throws: `CompressionError.truncated` where the data ends in the middle, or nothing came at all.
    package func finish() throws(CompressionError) {
        guard case .boundary(let seen) = place, seen.isEmpty, completeFrames > 0 else {
            throw .truncated(format, inputBytes: consumedBytes)
        }
    }

    /// One byte more than the limit leaves is asked for, so that reaching it exactly and passing it can be told apart.
    private func allowed(_ room: Int) -> Int {
        guard let limit = limits.maxOutputBytes else { return room }
        return min(room, limit - producedBytes + 1)
    }

    private func count(_ progress: FrameProgress) throws(CompressionError) {
        producedBytes += progress.produced
        if let limit = limits.maxOutputBytes, producedBytes > limit {
            throw .outputLimit(
                format, limitBytes: limit, producedBytes: producedBytes, consumedBytes: consumedBytes)
        }
        if progress.frameEnded {
            completeFrames += 1
            place = .boundary([])
        }
    }

    /// The whole magic number of the next frame, or nil where `input` does not hold enough yet.
    private func readMagic(
        _ input: inout UnsafeRawBufferPointer, seen: [UInt8]
    ) throws(CompressionError) -> [UInt8]? {
        if seen.isEmpty { skipPadding(&input) }
        let taken = input.prefix(format.magicByteCount - seen.count)
        let magic = seen + taken
        guard format.frameMayBegin(with: magic) else {
            guard completeFrames > 0 else { throw .notCompressed(format) }
            throw .trailingGarbage(format, offset: consumedBytes - seen.count)
        }
        consumedBytes += taken.count
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken.count))
        place = .boundary(magic)
        return magic.count == format.magicByteCount ? magic : nil
    }

    private func skipPadding(_ input: inout UnsafeRawBufferPointer) {
        guard format == .gzip, limits.allowsZeroPadding, completeFrames > 0 else { return }
        let zeros = input.prefix { $0 == 0 }.count
        consumedBytes += zeros
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(zeros))
    }

    private func decodeMagic(
        _ magic: [UInt8], into room: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> FrameProgress {
        let result = magic.withUnsafeBytes { bytes in
            Result { () throws(CompressionError) in
                try decoder.decode(bytes, into: room, offset: consumedBytes - magic.count)
            }
        }
        let progress = try result.get()
        precondition(progress.consumed == magic.count, "a decoder takes a whole magic number")
        return progress
    }
}

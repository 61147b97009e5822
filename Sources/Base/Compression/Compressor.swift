/// Streaming compression: bytes in, compressed bytes appended to the caller's buffer. One thread at a time.
package final class Compressor {
    private static let blockBytes = 1 << 16

    /// The format that comes out.
    package let format: CompressionFormat
    private let encoder: any FrameEncoder
    private var block = [UInt8](repeating: 0, count: blockBytes)

    /// A compressor at the start of a frame. Levels outside of their range are the caller's mistake: they trap.
    ///
    /// - Parameters:
    ///   - level: gzip 0 to 9, zstd 1 to 22; nil: the format's usual one (6 and 3).
    ///   - windowLog: of zstd alone; nil: what the level brings.
    package init(_ format: CompressionFormat, level: Int? = nil, windowLog: Int? = nil) throws(CompressionError) {
        self.format = format
        switch format {
        case .gzip: encoder = try GzipEncoder(level: level ?? 6)
        case .zstd: encoder = try ZstdEncoder(level: level ?? 3, windowLog: windowLog)
        }
    }

    /// Takes all of `input` and appends what comes out so far, which may be nothing: a codec holds bytes back until `finish`.
    package func compress(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var rest = input
        while !rest.isEmpty { _ = encode(&rest, ending: false, into: &output) }
    }

    /// Ends the frame and appends the rest of it. What is compressed afterwards makes another, and readers take both for one text.
    package func finish(into output: inout [UInt8]) {
        var rest = UnsafeRawBufferPointer(start: nil, count: 0)
        while !encode(&rest, ending: true, into: &output) {}
    }

    private func encode(_ rest: inout UnsafeRawBufferPointer, ending: Bool, into output: inout [UInt8]) -> Bool {
        let progress = block.withUnsafeMutableBytes { encoder.encode(rest, into: $0, ending: ending) }
        output.append(contentsOf: block[..<progress.produced])
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(progress.consumed))
        return progress.frameEnded
    }
}

/// Pulls decompressed blocks out of a source of compressed ones: `.jsonl.gz` and `.zst` read line by line in flat memory.
///
/// Memory: one compressed block, one block of output and the codec. One thread at a time.
package struct DecompressingReader: ~Copyable {
    /// Appends the next compressed bytes to the buffer; false at the end.
    package typealias Source = (inout [UInt8]) throws -> Bool

    /// Most bytes that one `read` appends.
    package static let blockBytes = 1 << 18

    private let decompressor: Decompressor
    private let source: Source
    private var input: [UInt8] = []
    private var position = 0
    private var moreWaits = false
    private var atEnd = false

    /// - Parameter source: called whenever the bytes it gave are used up.
    package init(
        _ format: CompressionFormat, limits: DecompressionLimits = DecompressionLimits(maxOutputBytes: nil),
        source: @escaping Source
    ) throws {
        decompressor = try Decompressor(format, limits: limits)
        self.source = source
    }

    /// Decompressed bytes given so far.
    package var producedBytes: Int { decompressor.producedBytes }
    /// Compressed bytes that went into the decompressor so far; the source may be a block ahead.
    package var consumedBytes: Int { decompressor.consumedBytes }

    /// Appends the next decompressed bytes (at most a block) to `buffer`; false at the end of sound data.
    ///
    /// - Throws: `CompressionError` where the data is damaged or ends within a frame, and what the source throws.
    package mutating func read(into buffer: inout [UInt8]) throws -> Bool {
        while !atEnd {
            if position == input.count && !moreWaits { try refill() }
            let count = atEnd ? 0 : try decompressBlock(into: &buffer)
            if count > 0 { return true }
        }
        return false
    }

    private mutating func refill() throws {
        input.removeAll(keepingCapacity: true)
        position = 0
        if try !source(&input) {
            try decompressor.finish()
            atEnd = true
        }
    }

    private mutating func decompressBlock(into buffer: inout [UInt8]) throws(CompressionError) -> Int {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.blockBytes))
        var filled = 0
        defer { buffer.removeLast(Self.blockBytes - filled) }
        let result = buffer.withUnsafeMutableBytes { output in
            input.withUnsafeBytes { input in
                Result { () throws(CompressionError) in
                    var rest = UnsafeRawBufferPointer(rebasing: input.dropFirst(position))
                    let room = UnsafeMutableRawBufferPointer(rebasing: output.dropFirst(start))
                    let count = try decompressor.decompress(&rest, into: room)
                    return (count, rest.count)
                }
            }
        }
        let (count, left) = try result.get()
        filled = count
        position = input.count - left
        moreWaits = count == Self.blockBytes
        return count
    }
}

/// Whole buffers at once, for request bodies and tests.
extension CompressionFormat {
    /// Compresses `bytes` into one frame; equal input and settings give equal output.
    ///
    /// - Throws: `CompressionError.outOfMemory` where the codec's context cannot be allocated.
    package func compress(_ bytes: [UInt8], level: Int? = nil, windowLog: Int? = nil) throws -> [UInt8] {
        let compressor = try Compressor(self, level: level, windowLog: windowLog)
        var output: [UInt8] = []
        bytes.withUnsafeBytes { compressor.compress($0, into: &output) }
        compressor.finish(into: &output)
        return output
    }

    /// Decompresses the whole of `bytes`. Memory: at most about twice `limits.maxOutputBytes`, reached only by data that really
    /// expands so far.
    ///
    /// - Throws: `CompressionError` for anything but one or more whole frames within the limits.
    package func decompress(_ bytes: [UInt8], limits: DecompressionLimits) throws -> [UInt8] {
        var isFirst = true
        var reader = try DecompressingReader(self, limits: limits) { block in
            guard isFirst else { return false }
            isFirst = false
            block = bytes
            return true
        }
        var output: [UInt8] = []
        while try reader.read(into: &output) {}
        return output
    }
}

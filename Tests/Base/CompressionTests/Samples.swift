import Compression

enum Samples {
    /// Text that compresses about as real text does, the same every time.
    static func text(byteCount: Int) -> [UInt8] {
        var state: UInt64 = 1
        var bytes: [UInt8] = []
        let words = ["the ", "teacher ", "scores ", "a ", "token ", "of ", "corpus\n", "weight ", "17 + 25 = 42\n"]
        while bytes.count < byteCount {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes += Array(words[Int(state >> 33) % words.count].utf8)
        }
        return Array(bytes.prefix(byteCount))
    }

    static let unlimited = DecompressionLimits(maxOutputBytes: nil)

    /// Pushes `bytes` through a decompressor in pieces of the given sizes.
    static func decompress(
        _ bytes: [UInt8], _ format: CompressionFormat, inputBytes: Int, outputBytes: Int,
        limits: DecompressionLimits = unlimited
    ) throws -> [UInt8] {
        let decompressor = try Decompressor(format, limits: limits)
        var output: [UInt8] = []
        var room = [UInt8](repeating: 0, count: outputBytes)
        for start in stride(from: 0, to: bytes.count, by: inputBytes) {
            let piece = Array(bytes[start..<min(start + inputBytes, bytes.count)])
            try piece.withUnsafeBytes { piece in
                var rest = piece[...].isEmpty ? UnsafeRawBufferPointer(start: nil, count: 0) : piece
                var filled = 0
                repeat {
                    filled = try room.withUnsafeMutableBytes { try decompressor.decompress(&rest, into: $0) }
                    output += room[..<filled]
                } while filled == room.count || !rest.isEmpty
            }
        }
        try decompressor.finish()
        return output
    }
}

import Compression
import Testing

struct RoundTripTests {
    @Test(arguments: CompressionFormat.allCases, [0, 1, 2, 1000, 65_536, 300_001])
    func whole(format: CompressionFormat, byteCount: Int) throws {
        let text = Samples.text(byteCount: byteCount)
        let compressed = try format.compress(text)
        #expect(try format.decompress(compressed, limits: Samples.unlimited) == text)
        #expect(try format.compress(text) == compressed)
    }

    @Test(arguments: CompressionFormat.allCases, [(1, 1), (1, 7), (3, 64), (5000, 1), (1 << 20, 100_000)])
    func inPieces(format: CompressionFormat, sizes: (input: Int, output: Int)) throws {
        let text = Samples.text(byteCount: 20_000)
        let compressed = try format.compress(text)
        let back = try Samples.decompress(compressed, format, inputBytes: sizes.input, outputBytes: sizes.output)
        #expect(back == text)
    }

    @Test(arguments: CompressionFormat.allCases, [1, 2, 5, 1 << 20])
    func framesOneAfterTheOther(format: CompressionFormat, inputBytes: Int) throws {
        let parts = [Samples.text(byteCount: 5000), [], Samples.text(byteCount: 3), Samples.text(byteCount: 70_000)]
        let compressed = try parts.flatMap { try format.compress($0) }
        let back = try Samples.decompress(compressed, format, inputBytes: inputBytes, outputBytes: 4096)
        #expect(back == parts.flatMap { $0 })
    }

    @Test func compressorStartsANewFrameAfterFinish() throws {
        for format in CompressionFormat.allCases {
            let compressor = try Compressor(format)
            var output: [UInt8] = []
            for part in ["one ", "two ", "three"] {
                Array(part.utf8).withUnsafeBytes { compressor.compress($0, into: &output) }
                compressor.finish(into: &output)
            }
            let back = try format.decompress(output, limits: Samples.unlimited)
            #expect(String(decoding: back, as: UTF8.self) == "one two three")
        }
    }

    @Test func skippableFramesOfZstdAreSkipped() throws {
        let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
        let frame = try CompressionFormat.zstd.compress(Array("text".utf8))
        for inputBytes in [1, 100] {
            let back = try Samples.decompress(
                skippable + frame + skippable, .zstd, inputBytes: inputBytes, outputBytes: 16)
            #expect(String(decoding: back, as: UTF8.self) == "text")
        }
    }

    /// Made with Python's zlib: extra field, file name, comment and header checksum are all there.
    @Test(arguments: [1, 100])
    func gzipHeaderWithEveryField(inputBytes: Int) throws {
        let hex =
            "1f8b081e40e2010002030400414200006e616d652e747874006120636f6d6d656e740009b4333457"
            + "d056303255b0553031e2020019a0a1eb0d000000"
        let member = stride(from: 0, to: hex.count, by: 2).compactMap {
            UInt8(hex.dropFirst($0).prefix(2), radix: 16)
        }
        let back = try Samples.decompress(member + member, .gzip, inputBytes: inputBytes, outputBytes: 16)
        #expect(String(decoding: back, as: UTF8.self) == "17 + 25 = 42\n17 + 25 = 42\n")
    }

    @Test(arguments: [
        ("gzip", CompressionFormat.gzip), ("X-GZIP", .gzip), ("zstd", .zstd), ("identity", nil), ("br", nil), ("", nil),
    ])
    func contentCodings(name: String, format: CompressionFormat?) {
        #expect(CompressionFormat(contentCoding: name) == format)
    }

    @Test(arguments: [("a/b.jsonl.gz", CompressionFormat.gzip), ("b.TXT.ZST", .zstd), ("c.jsonl", nil), ("gz", nil)])
    func fileNames(path: String, format: CompressionFormat?) {
        #expect(CompressionFormat(path: path) == format)
    }
}

import Compression
import Testing

struct HostileInputTests {
    static let formats = CompressionFormat.allCases

    @Test(arguments: formats)
    func everyTruncationIsAnError(format: CompressionFormat) throws {
        let compressed = try format.compress(Samples.text(byteCount: 300))
        for length in 0..<compressed.count {
            #expect(throws: CompressionError.truncated(format, inputBytes: length)) {
                try format.decompress(Array(compressed[..<length]), limits: Samples.unlimited)
            }
        }
    }

    @Test(arguments: formats)
    func truncationInALaterFrame(format: CompressionFormat) throws {
        let frame = try format.compress(Samples.text(byteCount: 300))
        for kept in 1..<frame.count {
            #expect(throws: CompressionError.truncated(format, inputBytes: frame.count + kept)) {
                try format.decompress(frame + frame[..<kept], limits: Samples.unlimited)
            }
        }
    }

    @Test(arguments: formats, [[0], [0x0A], [0x1F, 0x00], [0x28, 0xB5, 0x00], Array("garbage".utf8), [0, 0, 0, 0]])
    func trailingGarbageIsAnError(format: CompressionFormat, garbage: [UInt8]) throws {
        let frame = try format.compress(Samples.text(byteCount: 300))
        for inputBytes in [1, 1 << 20] {
            #expect(throws: CompressionError.trailingGarbage(format, offset: frame.count)) {
                try Samples.decompress(
                    frame + garbage, format, inputBytes: inputBytes, outputBytes: 4096,
                    limits: .contentCoding(maxOutputBytes: 1 << 20))
            }
        }
    }

    /// What gzip, Python and libraries on them read: zeros behind a member, and a member behind them.
    @Test(arguments: [1, 2, 1 << 20])
    func zerosBehindAGzipMemberArePadding(inputBytes: Int) throws {
        let text = Samples.text(byteCount: 300)
        let frame = try CompressionFormat.gzip.compress(text)
        func decompress(_ bytes: [UInt8], _ format: CompressionFormat = .gzip) throws -> [UInt8] {
            try Samples.decompress(bytes, format, inputBytes: inputBytes, outputBytes: 64)
        }
        #expect(try decompress(frame + [UInt8](repeating: 0, count: 512)) == text)
        #expect(try decompress(frame + [0, 0, 0] + frame + [0]) == text + text)
        #expect(throws: CompressionError.trailingGarbage(.gzip, offset: frame.count + 2)) {
            try decompress(frame + [0, 0, 7])
        }
        #expect(throws: CompressionError.notCompressed(.gzip)) { try decompress([0] + frame) }
        let zstd = try CompressionFormat.zstd.compress(text)
        #expect(throws: CompressionError.trailingGarbage(.zstd, offset: zstd.count)) {
            try decompress(zstd + [0], .zstd)
        }
    }

    @Test(arguments: formats)
    func otherBytesAreNotTakenForTheFormat(format: CompressionFormat) throws {
        for bytes in [
            Array("{\"text\": 1}".utf8), [0], try (format == .gzip ? CompressionFormat.zstd : .gzip).compress([1]),
        ] {
            #expect(throws: CompressionError.notCompressed(format)) {
                try format.decompress(bytes, limits: Samples.unlimited)
            }
        }
        // A format of old versions of zstd (0.7), which its library still reads, without our limits.
        #expect(throws: CompressionError.notCompressed(.zstd)) {
            try CompressionFormat.zstd.decompress([0x27, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0], limits: Samples.unlimited)
        }
    }

    @Test(arguments: formats)
    func everyFlippedByteIsNoticedOrHarmless(format: CompressionFormat) throws {
        let text = Samples.text(byteCount: 2000)
        let compressed = try format.compress(text)
        for at in compressed.indices {
            var damaged = compressed
            damaged[at] ^= 0x10
            // Some header bytes (gzip's time, system) carry no data: then the text must be right.
            let result = Result { try format.decompress(damaged, limits: DecompressionLimits(maxOutputBytes: 1 << 20)) }
            switch result {
            case .success(let bytes): #expect(bytes == text, "byte \(at)")
            case .failure(let error): #expect(error is CompressionError, "byte \(at)")
            }
        }
    }

    @Test(arguments: formats, [0, 1, 999, 1000, 1001, 1 << 20])
    func limitIsExact(format: CompressionFormat, limit: Int) throws {
        let text = Samples.text(byteCount: 1000)
        let compressed = try format.compress(text)
        let limits = DecompressionLimits(maxOutputBytes: limit)
        for inputBytes in [1, 1 << 20] {
            if limit >= text.count {
                #expect(
                    try Samples.decompress(compressed, format, inputBytes: inputBytes, outputBytes: 64, limits: limits)
                        == text)
            } else {
                let error = #expect(throws: CompressionError.self) {
                    try Samples.decompress(compressed, format, inputBytes: inputBytes, outputBytes: 64, limits: limits)
                }
                guard case .outputLimit(format, limit, limit + 1, let consumed) = error else {
                    Issue.record("expected the output limit, got \(String(describing: error))")
                    return
                }
                #expect(consumed > 0 && consumed <= compressed.count)
            }
        }
    }

    @Test(arguments: formats)
    func bombStopsAtTheLimit(format: CompressionFormat) throws {
        let compressor = try Compressor(format, level: 1)
        var bomb: [UInt8] = []
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<200 { zeros.withUnsafeBytes { compressor.compress($0, into: &bomb) } }
        compressor.finish(into: &bomb)
        #expect(bomb.count < 1 << 20)
        let error = #expect(throws: CompressionError.self) {
            try format.decompress(bomb, limits: .contentCoding(maxOutputBytes: 1 << 20))
        }
        guard case .outputLimit(_, 1_048_576, 1_048_577, let consumed) = error else {
            Issue.record("expected the output limit, got \(String(describing: error))")
            return
        }
        #expect(consumed < bomb.count / 2, "most of the bomb was never looked at")
    }

    @Test func windowBeyondTheLimitIsRefusedBeforeItIsAllocated() throws {
        // A frame of 30 bytes that asks for a window of 2^30 bytes and states no content size.
        let compressor = try Compressor(.zstd, windowLog: 27)
        var wide: [UInt8] = []
        Array("text".utf8).withUnsafeBytes { compressor.compress($0, into: &wide) }
        compressor.finish(into: &wide)
        #expect(throws: CompressionError.windowLimit(.zstd, limitBytes: 1 << 23)) {
            try CompressionFormat.zstd.decompress(wide, limits: .contentCoding(maxOutputBytes: 1 << 30))
        }
        #expect(try CompressionFormat.zstd.decompress(wide, limits: Samples.unlimited) == Array("text".utf8))
        let asksForMuch: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA0, 0x01, 0x00, 0x00]
        #expect(throws: CompressionError.windowLimit(.zstd, limitBytes: 1 << 27)) {
            try CompressionFormat.zstd.decompress(asksForMuch, limits: Samples.unlimited)
        }
    }

    @Test func errorsSayWhatAndWhere() {
        #expect(
            "\(CompressionError.outputLimit(.gzip, limitBytes: 10, producedBytes: 11, consumedBytes: 5))"
                == "the gzip data expands beyond the limit of 10 bytes: 11 bytes came out of the first 5; "
                + "send it in smaller parts")
        #expect(
            "\(CompressionError.trailingGarbage(.zstd, offset: 42))"
                == "after the end of the zstd data, at byte 42, come bytes that are not zstd")
    }
}

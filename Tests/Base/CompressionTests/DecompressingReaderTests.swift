import Compression
import Testing

struct DecompressingReaderTests {
    private struct SourceFailure: Error {}

    /// A source that gives `bytes` in pieces and fails if asked again after its end.
    private static func source(_ bytes: [UInt8], pieceBytes: Int) -> DecompressingReader.Source {
        var position = 0
        var hasEnded = false
        return { buffer in
            if hasEnded { throw SourceFailure() }
            guard position < bytes.count else {
                hasEnded = true
                return false
            }
            let end = min(position + pieceBytes, bytes.count)
            buffer += bytes[position..<end]
            position = end
            return true
        }
    }

    @Test(arguments: CompressionFormat.allCases, [1, 1000, 1 << 20])
    func pullsEverything(format: CompressionFormat, pieceBytes: Int) throws {
        let text = Samples.text(byteCount: 1_000_000)
        let compressed = try format.compress(text)
        var reader = try DecompressingReader(format, source: Self.source(compressed, pieceBytes: pieceBytes))
        var output: [UInt8] = Array("before".utf8)
        var blocks = 0
        while try reader.read(into: &output) { blocks += 1 }
        #expect(output == Array("before".utf8) + text)
        #expect(blocks >= text.count / DecompressingReader.blockBytes)
        #expect(try reader.read(into: &output) == false)
        #expect(reader.producedBytes == text.count)
        #expect(reader.consumedBytes == compressed.count)
    }

    @Test(arguments: CompressionFormat.allCases)
    func outputThatEndsWithABlockIsWhole(format: CompressionFormat) throws {
        let text = Samples.text(byteCount: 2 * DecompressingReader.blockBytes)
        var reader = try DecompressingReader(
            format, source: Self.source(try format.compress(text), pieceBytes: 1 << 20))
        var output: [UInt8] = []
        while try reader.read(into: &output) {}
        #expect(output == text)
    }

    @Test(arguments: CompressionFormat.allCases)
    func truncatedSourceThrowsAfterWhatCouldBeRead(format: CompressionFormat) throws {
        let text = Samples.text(byteCount: 1_000_000)
        let compressed = try format.compress(text)
        let kept = compressed.count / 2
        var reader = try DecompressingReader(format, source: Self.source(Array(compressed[..<kept]), pieceBytes: 4096))
        var output: [UInt8] = []
        #expect(throws: CompressionError.truncated(format, inputBytes: kept)) {
            while try reader.read(into: &output) {}
        }
        #expect(!output.isEmpty && text.starts(with: output))
    }

    @Test func errorsOfTheSourcePass() throws {
        var reader = try DecompressingReader(.gzip) { _ in throw SourceFailure() }
        var output: [UInt8] = []
        #expect(throws: SourceFailure.self) { try reader.read(into: &output) }
    }
}

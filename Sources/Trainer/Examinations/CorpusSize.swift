import Corpora
import Foundation

/// How many tokens a corpus has, from a sample of its files and the size of the others: text and its JSON take about the
/// same share everywhere, ids the same number of bytes.
struct CorpusSize {
    private let sources: [CorpusSample.Source]
    private let read: [SampleReading.File]

    init(_ sources: [CorpusSample.Source], _ read: [SampleReading.File]) {
        self.sources = sources
        self.read = read
    }

    /// Of all sources together; nil where those of a file cannot be told.
    var tokens: Int? {
        let counts = sources.indices.compactMap(tokens(ofSource:))
        return counts.count == sources.count ? Self.whole(counts.reduce(0, +)) : nil
    }

    /// Of an epoch of the mix; of one source alone all of it.
    var epochTokens: Int? {
        guard sources.count > 1 else { return tokens }
        let shares = sources.indices.compactMap { index in
            tokens(ofSource: index).map {
                MixShare(weight: sources[index].weight, repeats: sources[index].repeats, tokens: $0)
            }
        }
        return shares.count == sources.count ? Self.whole(MixShare.epochTokens(shares)) : nil
    }

    /// Beyond 2^52, nil.
    private static func whole(_ tokens: Double) -> Int? { tokens < Double(1 << 52) ? Int(tokens) : nil }

    private func tokens(ofSource source: Int) -> Double? {
        let tried = read.filter { $0.source == source }
        var sum = 0.0
        for (place, file) in sources[source].files.files.enumerated() {
            // The sample has the first files of each source.
            if place < tried.count, tried[place].isWhole {
                sum += Double(tried[place].tokens)
            } else if let bytes = file.plainBytes, let tokens = tokensPerByte(file.format, ofSource: source) {
                sum += Double(bytes) * tokens
            } else {
                return nil
            }
        }
        return sum
    }

    /// Of files of this source and format; where none of them was read, of other sources'.
    private func tokensPerByte(_ format: CorpusFormat, ofSource source: Int) -> Double? {
        let alike = read.filter { $0.file.format == format && $0.bytes > 0 }
        let own = alike.filter { $0.source == source }
        let used = own.isEmpty ? alike : own
        guard !used.isEmpty else { return nil }
        return Double(used.reduce(0) { $0 + $1.tokens }) / Double(used.reduce(0) { $0 + $1.bytes })
    }
}

extension CorpusFiles.File {
    /// Size of what holds its documents; nil where they are compressed, or a program reads them.
    fileprivate var plainBytes: Int? {
        guard reader == nil, ![".gz", ".zst"].contains(where: path.hasSuffix) else { return nil }
        let holder = format == .megatron ? path.dropLast("idx".count) + "bin" : path
        var status = stat()
        return stat(holder, &status) == 0 ? Int(status.st_size) : nil
    }
}

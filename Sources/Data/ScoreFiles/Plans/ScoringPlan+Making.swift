import Corpora
import Digests

extension ScoringPlan {
    /// Makes a plan of whole files; nothing is written. Each is read once for its digest, and for documents once more.
    ///
    /// - Parameters:
    ///   - path: where it will lie.
    ///   - files: token files; their paths stand in the plan as they are here.
    ///   - end: id that closes each document.
    ///   - partItems: items of a range, about: documents and chunks are not cut.
    ///   - identity: the teacher, whose model and tokenizer the plan is then for.
    ///   - onProgress: takes a file's path and the share of it that is done; what it throws ends the planning.
    /// - Throws: `CorpusError`.
    package init(
        path: String, files: [TokenItems], unit: ScoreUnit, end: Int32?, partItems: Int, identity: ScoresIdentity,
        onProgress: (String, Double) throws -> Void = { _, _ in }
    ) throws {
        var (planned, parts): ([File], [Part]) = ([], [])
        for (index, file) in files.enumerated() {
            let digest = try file.digest { try onProgress(file.path, $0 / 2) }
            for items in try Self.ranges(
                of: file, unit, end: end, partItems: partItems, { try onProgress(file.path, $0) })
            {
                parts.append(Part(number: parts.count, file: index, items: items))
            }
            planned.append(
                File(
                    path: file.path, dtype: file.element.rawValue, end: end, items: file.count, sha256: digest.hex,
                    indexSHA256: file.indexDigest?.hex))
        }
        self.init(
            path: path, unit: unit, files: planned, parts: parts, modelFingerprint: identity.modelFingerprint,
            tokenizerFingerprint: identity.tokenizerFingerprint)
    }

    private static func ranges(
        of file: TokenItems, _ unit: ScoreUnit, end: Int32?, partItems: Int, _ onProgress: (Double) throws -> Void
    ) throws -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        func close(_ stop: Int) {
            let start = ranges.last?.upperBound ?? 0
            if stop > start { ranges.append(start..<stop) }
        }
        switch unit.kind {
        case .chunk:
            let step = max(1, partItems / unit.tokens) * unit.tokens
            for stop in stride(from: step, to: file.count, by: step) { close(stop) }
        case .document:
            try file.forEachDocument(in: 0..<file.count, end: end) { document in
                guard document.lowerBound - (ranges.last?.upperBound ?? 0) >= partItems else { return }
                close(document.lowerBound)
                try onProgress(0.5 + Double(document.lowerBound) / Double(2 * file.count))
            }
        }
        close(file.count)
        return ranges
    }
}

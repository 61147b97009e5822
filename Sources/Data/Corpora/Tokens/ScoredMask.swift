import Foundation

/// Which tokens of a token file are scored, a bit each, the lowest bit of a byte first; `mask.bits`. Not there where no document has a mask.
struct ScoredMask: Sendable {
    /// Checked as a whole when it is opened, as the table of documents is: every order of an epoch reads all of it.
    private let bytes: CheckedBytes

    /// nil where the token file at `path` has none.
    init?(_ path: String, tokens: Int, _ table: DigestTable) throws {
        guard table.holds(DigestTable.maskName) else { return nil }
        bytes = try CheckedBytes(path, DigestTable.maskName, table)
        guard bytes.count == (tokens + 7) / 8 else {
            throw CorpusError.damagedCache(path: path, reason: "mask.bits has the wrong size")
        }
        try bytes.checkAll()
    }

    /// Whether the token at this place among all tokens of the file is scored.
    subscript(place: Int) -> Bool { bytes.allChecked[place >> 3] >> UInt8(place & 7) & 1 == 1 }

    /// Number of scored tokens in a range of places. Complexity: linear in its bytes.
    func count(_ places: Range<Int>) -> Int {
        guard !places.isEmpty else { return 0 }
        let (first, last) = (places.lowerBound >> 3, (places.upperBound - 1) >> 3)
        return (first...last).reduce(0) { sum, index in
            var byte = bytes.allChecked[index]
            if index == first { byte &= 0xFF << UInt8(places.lowerBound & 7) }
            if index == last { byte &= 0xFF >> UInt8(7 - (places.upperBound - 1) & 7) }
            return sum + byte.nonzeroBitCount
        }
    }

    struct Writer: ~Copyable {
        private let path: String
        private var file: BlockWriter
        private var bytes: [UInt8] = []
        private var filled = 0  // bits of the last byte
        private var isNeeded = false

        init(_ path: String) throws {
            self.path = path + DigestTable.maskName
            file = try BlockWriter(self.path)
        }

        mutating func append(_ document: Document) throws {
            if let mask = document.mask {
                isNeeded = true
                for isScored in mask { append(isScored, count: 1) }
            } else {
                append(false, count: document.contextTokens)
                append(true, count: document.tokenIDs.count - document.contextTokens)
            }
            try flush(keeping: 1)
        }

        /// Returns the digests of the file; nil where no document has a mask, and no file is left.
        mutating func finish() throws -> BlockDigests? {
            try flush(keeping: 0)
            let digests = try file.finish()
            guard !isNeeded else { return digests }
            unlink(path)
            return nil
        }

        private mutating func append(_ bit: Bool, count: Int) {
            var left = count
            while left > 0 {
                if filled == 0 { bytes.append(0) }
                let taken = min(left, 8 - filled)
                if bit { bytes[bytes.count - 1] |= (0xFF >> UInt8(8 - taken)) << UInt8(filled) }
                filled = (filled + taken) & 7
                left -= taken
            }
        }

        /// The last byte may not be full yet.
        private mutating func flush(keeping kept: Int) throws {
            guard bytes.count > kept else { return }
            try file.append(bytes.dropLast(kept))
            bytes.removeFirst(bytes.count - kept)
        }
    }
}

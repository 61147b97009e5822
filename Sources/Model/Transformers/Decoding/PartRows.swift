/// The rows of what sequences grow by in one call, one behind the other. Prompts that are the same have the same rows: the samples of
/// one prompt cost it once.
struct PartRows {
    private(set) var tokenIDs: [Int32] = []  // [rows]
    private(set) var positions: [Int32] = []  // [rows]
    /// Rows of each part.
    private(set) var ofPart: [Range<Int>] = []
    /// Whether a part is the first that has its rows.
    private(set) var isFirst: [Bool] = []

    /// - Parameter lengths: tokens that each sequence has already.
    init(_ parts: [Decoder.Part], from lengths: [Int]) {
        var prompts: [[Int32]: Range<Int>] = [:]
        for part in parts {
            let length = lengths[part.sequence]
            let known = length == 0 ? prompts[part.tokenIDs] : nil
            isFirst.append(known == nil)
            if let known {
                ofPart.append(known)
                continue
            }
            let rows = tokenIDs.count..<tokenIDs.count + part.tokenIDs.count
            ofPart.append(rows)
            positions += Int32(length)..<Int32(length + part.tokenIDs.count)
            tokenIDs += part.tokenIDs
            if length == 0 { prompts[part.tokenIDs] = rows }
        }
    }
}

extension WorkPlan {
    /// Rows of parts, at the positions after what their sequences have; the last row of each is given to the head.
    init(_ rows: PartRows, threads: Int) {
        tokenIDs = rows.tokenIDs
        positions = rows.positions
        runs = []
        longestSegment = rows.ofPart.map(\.count).max() ?? 0
        rowBlocks = Self.rowBlocks(in: rows.tokenIDs.count, threads: threads)
        attention = []
        keyBlocks = KeyBlocks()
        scored = ScoredRows(lastOf: rows.ofPart)
    }
}

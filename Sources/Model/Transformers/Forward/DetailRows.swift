import Sequences
import Tensors

/// Memory for what is wanted of the scored rows' distributions beside the log-probs, while the head fills it.
struct DetailRows {
    private let detail: ScoreDetail
    private let rows: Int
    private let inverses: [Float]  // [temperatures]
    private var ids: [Int32]  // [rows, k]
    private var logProbs: [Float]  // [rows, k]
    private var sums: [Double]  // [rows, temperatures, 2]
    private var logSums: [Float]  // [rows, temperatures]
    private var entropies: [Float]  // [rows, temperatures]

    init(_ detail: ScoreDetail, rows: Int) {
        self.detail = detail
        self.rows = rows
        inverses = detail.temperatures.map { Float(1 / $0) }
        let (top, tempered) = (rows * detail.topK, rows * detail.temperatures.count)
        ids = [Int32](repeating: -1, count: top)
        logProbs = [Float](repeating: .nan, count: top)
        sums = [Double](repeating: 0, count: 2 * tempered)
        logSums = [Float](repeating: .nan, count: tempered)
        entropies = logSums
    }

    /// Calls `body` with where the head leaves what it finds, from a scored row on.
    mutating func fill(
        _ body: (_ top: (_ first: Int) -> Head.Top?, _ tempered: (_ first: Int) -> Head.Tempered?) -> Void
    ) {
        let (k, inverses) = (detail.topK, inverses)
        let count = inverses.count
        ids.withUnsafeMutableBufferPointer { ids in
            logProbs.withUnsafeMutableBufferPointer { logProbs in
                sums.withUnsafeMutableBufferPointer { sums in
                    logSums.withUnsafeMutableBufferPointer { logSums in
                        entropies.withUnsafeMutableBufferPointer { entropies in
                            inverses.withUnsafeBufferPointer { inverses in
                                body(
                                    { Self.top(k, ids, logProbs, from: $0) },
                                    { first in
                                        guard count > 0, let inverses = inverses.baseAddress,
                                            let sums = sums.baseAddress, let logSums = logSums.baseAddress,
                                            let entropies = entropies.baseAddress
                                        else { return nil }
                                        return Head.Tempered(
                                            count: count, inverses: inverses, sums: sums + first * count * 2,
                                            logSums: logSums + first * count, entropies: entropies + first * count)
                                    })
                            }
                        }
                    }
                }
            }
        }
    }

    private static func top(
        _ k: Int, _ ids: UnsafeMutableBufferPointer<Int32>, _ logProbs: UnsafeMutableBufferPointer<Float>,
        from first: Int
    ) -> Head.Top? {
        guard k > 0, let ids = ids.baseAddress, let logProbs = logProbs.baseAddress else { return nil }
        return Head.Top(k: k, tokenIDs: ids + first * k, logProbs: logProbs + first * k)
    }

    /// What was found, beside the log-probs of the rows' next tokens.
    func scores(_ rowLogProbs: [Float]) -> TokenScores {
        let count = inverses.count
        return TokenScores(
            logProbs: rowLogProbs,
            top: detail.topK > 0 ? TopLogProbs(k: detail.topK, tokenIDs: ids, logProbs: logProbs) : nil,
            tempered: detail.temperatures.enumerated().map { index, temperature in
                TemperedScores(
                    temperature: temperature, logSumExps: (0..<rows).map { logSums[$0 * count + index] },
                    entropies: (0..<rows).map { entropies[$0 * count + index] })
            })
    }
}

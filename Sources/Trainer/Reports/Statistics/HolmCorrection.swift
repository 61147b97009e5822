/// Holm's step-down correction of several tests together (Holm 1979): the chance that any true null hypothesis is rejected stays below
/// the bound that each adjusted p is compared with, whatever the tests have to do with each other.
package enum HolmCorrection {
    /// Adjusted p of each test, in the order given: the smallest p times their number, the next times one less, and so on; never below
    /// the one before, never above 1.
    ///
    /// - Parameter ps: p of every test of the family, 0 to 1.
    package static func adjusted(_ ps: [Double]) -> [Double] {
        var adjusted = ps
        var before = 0.0
        let order = ps.indices.sorted { (ps[$0], $0) < (ps[$1], $1) }
        for (rank, at) in order.enumerated() {
            before = max(before, min(1, ps[at] * Double(ps.count - rank)))
            adjusted[at] = before
        }
        return adjusted
    }
}

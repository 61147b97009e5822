/// Names that were meant by one that there is not.
package enum NearestName {
    /// Letters from which on the beginning of a name says which one is meant.
    private static let tellingLetters = 3

    /// The known name that is nearest to a mistyped one: a few letters apart, one that it begins, or one that it goes on from. Case counts
    /// for nothing, and `_` is `-`.
    ///
    /// - Returns: nil where none is near, or where two are as near as one another by their beginnings alone.
    package static func of(_ name: String, among known: [String]) -> String? {
        let name = plain(name)
        let distances = known.map { (name: $0, distance: distance(Array(name), Array(plain($0)))) }
        if let nearest = distances.min(by: { $0.distance < $1.distance }), nearest.distance <= most(name.count) {
            return nearest.name
        }
        guard name.count >= tellingLetters else { return nil }
        let longer = known.filter { plain($0).hasPrefix(name) }
        if longer.count == 1 { return longer[0] }
        guard longer.isEmpty else { return nil }
        return known.filter { $0.count >= tellingLetters && name.hasPrefix(plain($0)) }.max { $0.count < $1.count }
    }

    /// Letters that may be wrong: one in three, rounded up to the next.
    private static func most(_ count: Int) -> Int { count < 2 ? 0 : max(1, min(3, (count + 2) / 3)) }

    private static func plain(_ name: String) -> String { name.lowercased().replacing("_", with: "-") }

    /// Letters to be changed, added, left out, or exchanged with their neighbour (optimal string alignment).
    private static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var rows = [Array(0...other.count)]
        for (i, letter) in one.enumerated() {
            var row = [i + 1]
            for (j, wanted) in other.enumerated() {
                var least = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (letter == wanted ? 0 : 1))
                if i > 0, j > 0, letter == other[j - 1], one[i - 1] == wanted {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[one.count][other.count]
    }
}

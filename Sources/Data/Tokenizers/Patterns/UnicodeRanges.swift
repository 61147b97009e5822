/// Reads the range lists of the generated tables: "1C89 A7CB-A7CC", hexadecimal.
enum UnicodeRanges {
    static func parse(_ text: some StringProtocol) -> ClosedRange<UInt32>? {
        let ends = text.split(separator: "-").compactMap { UInt32($0, radix: 16) }
        guard let first = ends.first, let last = ends.last, first <= last else { return nil }
        return first...last
    }
}

extension UnicodeAdditions {
    /// The ranges added to a general category ("Lo") or to a group of them ("L").
    static func ranges(ofCategory name: String) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        var isWanted = false
        for word in generalCategories.split(whereSeparator: \.isWhitespace) {
            if word.first?.isUppercase == true, word.count == 2, word.last?.isLowercase == true {
                isWanted = word.hasPrefix(name)
            } else if isWanted, let range = UnicodeRanges.parse(word) {
                ranges.append(range)
            }
        }
        return ranges
    }
}

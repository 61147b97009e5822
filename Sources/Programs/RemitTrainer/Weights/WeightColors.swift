import CommandLines

/// Backgrounds for token weights: orange above 1, blue below, stronger towards the clip. The two are told apart by those who do not tell
/// red from green.
package struct WeightColors {
    package static let off = "\u{1B}[0m"

    package let depth: ColorDepth

    package init(depth: ColorDepth) { self.depth = depth }

    /// - Parameter share: where the weight lies between the clips, -1 (low) to 1 (high); 0 is a weight of 1.
    /// - Returns: what turns the colour on; empty where the terminal has none for it.
    package func on(_ share: Float) -> String {
        switch depth {
        case .full:
            let (from, to): ([Float], [Float]) = ([48, 48, 48], share < 0 ? [20, 96, 216] : [196, 92, 0])
            let mixed = zip(from, to).map { String(Int(($0 + ($1 - $0) * abs(share)).rounded())) }
            return "\u{1B}[48;2;\(mixed.joined(separator: ";"))m\u{1B}[97m"
        case .palette:
            let steps = share < 0 ? [236, 24, 25, 26] : [236, 94, 130, 166]
            return "\u{1B}[48;5;\(steps[Int((abs(share) * 3).rounded())])m\u{1B}[97m"
        case .named:
            if abs(share) < 1 / 3 { return "" }
            return share < 0 ? "\u{1B}[44m\u{1B}[97m" : "\u{1B}[43m\u{1B}[30m"
        }
    }

    /// What the colours say, for weights from `low` to `high`; nil: none is below 1, or none above.
    package func legend(low: String?, high: String?) -> String {
        let (above, plain) = depth == .named ? ("yellow", "near 1") : ("orange", "not scored")
        let colored = [low.map { "blue: below 1, down to \($0)" }, high.map { "\(above): above 1, up to \($0)" }]
            .compactMap(\.self)
        return ((colored.isEmpty ? ["all weights are 1"] : colored) + ["plain: \(plain)"]).joined(separator: "; ")
    }
}

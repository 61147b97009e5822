import Formats

/// The line of progress. Pure.
struct ScoreProgress {
    var tokens: Int
    var of: Int
    var tokensPerSecond: Double

    init(tokens: Int, of total: Int, tokensPerSecond: Double) {
        self.tokens = tokens
        of = total
        self.tokensPerSecond = tokensPerSecond
    }

    /// - Parameter columns: of the terminal, whose spare room a bar takes; nil: no bar.
    func line(columns: Int?) -> String {
        let share = of > 0 ? Double(tokens) / Double(of) : 1
        var parts = [
            "\(Format.count(Double(tokens)))/\(Format.count(Double(of))) tokens", Format.percent(share),
            "\(Format.count(tokensPerSecond)) tok/s",
        ]
        if tokensPerSecond > 0 { parts.append("ETA \(Format.time(Double(of - tokens) / tokensPerSecond))") }
        if let columns {
            let room = min(columns - 1 - parts.joined(separator: " ").count - " []".count, 20)
            if room >= 4 { parts.insert(Format.bar(share, width: room), at: 1) }
        }
        return parts.joined(separator: " ")
    }
}

/// How far a piece of work is, in the one line that all commands show of it: `12.0k/1.0M tokens 1% 3.4k tok/s ETA 0:04:51`. Pure.
package struct WorkProgress: Sendable, Equatable {
    private static let (shortestBar, longestBar) = (4, 20)

    /// What is done, in front of the line; empty where there is nothing else.
    package var what = ""
    /// Units that are done.
    package var done: Int
    /// Units of the whole work; nil where only the share that is done is known, or nothing.
    package var total: Int?
    /// What is counted, in the plural.
    package var unit = "tokens"
    /// Part of the work that is done, from 0 to 1; nil where it is not known.
    package var share: Double?
    /// Units a second; nil before the first.
    package var perSecond: Double?
    /// Seconds until the end; nil where they cannot be told.
    package var secondsLeft: Double?
    /// Seconds since the work began.
    package var elapsed = 0.0

    package init(done: Int, of total: Int? = nil) {
        self.done = done
        self.total = total
    }

    /// The line.
    ///
    /// - Parameter columns: of the terminal, whose spare room a bar takes; nil: no bar.
    package func line(columns: Int?) -> String {
        let count = [done, total].compactMap(\.self).map { Format.count(Double($0)) }.joined(separator: "/")
        var parts = ["\(count) \(unit)"]
        if let share { parts.append(Format.percent(share)) }
        if let perSecond { parts.append(Self.rate(perSecond, unit)) }
        if let secondsLeft { parts.append("ETA \(Format.time(secondsLeft))") }
        let start = what.isEmpty ? "" : what + ": "
        if let columns, let share {
            let room = columns - 1 - start.count - parts.joined(separator: " ").count - " []".count
            let width = min(room, Self.longestBar)
            if width >= Self.shortestBar { parts.insert(Format.bar(max(0, min(share, 1)), width: width), at: 1) }
        }
        return start + parts.joined(separator: " ")
    }

    private static func rate(_ perSecond: Double, _ unit: String) -> String {
        let number = perSecond < 10 ? String((perSecond * 10).rounded() / 10) : Format.count(perSecond)
        return number + " " + (unit == "tokens" ? "tok" : unit) + "/s"
    }
}

/// The clock of a piece of work: what is done so far, with its rate and the time that is left.
package struct ProgressMeter: Sendable {
    private let what: String
    private let unit: String
    private let total: Int?
    private let before: Int
    private let start: ContinuousClock.Instant

    /// Begins now.
    ///
    /// - Parameters:
    ///   - total: units of the whole work; nil where they are not known.
    ///   - before: units that an earlier process did: no part of the rate.
    package init(
        _ what: String = "", unit: String = "tokens", of total: Int? = nil, before: Int = 0,
        at start: ContinuousClock.Instant = .now
    ) {
        self.what = what
        self.unit = unit
        self.total = total
        self.before = before
        self.start = start
    }

    /// The work as it stands.
    ///
    /// - Parameters:
    ///   - done: units, those done before among them.
    ///   - share: of the work, where the units do not say it.
    package func progress(
        _ done: Int, share: Double? = nil, at now: ContinuousClock.Instant = .now
    ) -> WorkProgress {
        var progress = WorkProgress(done: done, of: total)
        progress.what = what
        progress.unit = unit
        progress.elapsed = (now - start) / .seconds(1)
        progress.share = share ?? total.map { $0 > 0 ? Double(done) / Double($0) : 1 }
        guard done > before, progress.elapsed > 0 else { return progress }
        progress.perSecond = Double(done - before) / progress.elapsed
        if let total {
            progress.secondsLeft = Double(max(0, total - done)) / Double(done - before) * progress.elapsed
        } else if let share, share > 0 {
            progress.secondsLeft = max(0, 1 - share) / share * progress.elapsed
        }
        return progress
    }
}

import Annealing
import Corpora
import Sequences
import Training

/// What a source has for a window, a row a token, that can be put together from what others have for its segments.
package protocol WindowRows: Sendable {
    /// Rows: the window's tokens.
    var tokenCount: Int { get }
    /// Rows of the form of another's, to be overwritten.
    static func blank(_ tokenCount: Int, like other: Self) -> Self
    /// Overwrites the rows in `range` with those of `other` from `row` on.
    mutating func overwrite(_ range: Range<Int>, with other: Self, from row: Int)
}

extension [Float]: WindowRows {
    /// Values, one a token.
    package var tokenCount: Int { count }
    /// NaN in each place.
    package static func blank(_ tokenCount: Int, like other: Self) -> Self {
        [Float](repeating: .nan, count: tokenCount)
    }
    /// Overwrites values.
    package mutating func overwrite(_ range: Range<Int>, with other: Self, from row: Int) {
        replaceSubrange(range, with: other[row..<row + range.count])
    }
}

extension SoftTargets: WindowRows {
    /// Rows: the window's tokens.
    package var tokenCount: Int { top.tokenCount }
    /// Rows that predict nothing.
    package static func blank(_ tokenCount: Int, like other: Self) -> Self {
        SoftTargets(
            TopLogProbs(unpredicted: tokenCount, k: other.top.k),
            entropies: other.entropies.isEmpty ? [] : [Float](repeating: .nan, count: tokenCount))
    }
    /// Overwrites rows with those of another that has as many tokens each, or more, and entropies where these have.
    package mutating func overwrite(_ range: Range<Int>, with other: Self, from row: Int) {
        for (offset, token) in range.enumerated() { top.set(token, other.top, row + offset) }
        if !entropies.isEmpty { entropies.overwrite(range, with: other.entropies, from: row) }
    }
}

extension TeacherScores: WindowRows {
    /// Rows: the window's tokens.
    package var tokenCount: Int { logProbs.count }
    /// NaN in each place.
    package static func blank(_ tokenCount: Int, like other: Self) -> Self {
        let none = [Float](repeating: .nan, count: tokenCount)
        return TeacherScores(logProbs: none, entropies: other.entropies.isEmpty ? [] : none)
    }
    /// Overwrites log-probs, and entropies where these have.
    package mutating func overwrite(_ range: Range<Int>, with other: Self, from row: Int) {
        logProbs.overwrite(range, with: other.logProbs, from: row)
        if !entropies.isEmpty { entropies.overwrite(range, with: other.entropies, from: row) }
    }
}

/// Several sources as one: each is asked about the segments that its teacher reads, and a window is put together from what they have.
package struct DividedSource<Rows: WindowRows>: StepSource {
    private let division: TeacherDivision
    private let sources: [any StepSource<StepBatch, [Rows]>]

    /// - Parameters:
    ///   - division: how steps are divided among the sources.
    ///   - sources: by their teachers' numbers.
    package init(_ division: TeacherDivision, _ sources: [any StepSource<StepBatch, [Rows]>]) {
        self.division = division
        self.sources = sources
    }

    /// That of the first source. The others' teachers are pinned by their own.
    package var scoresFingerprint: String? { sources.first?.scoresFingerprint }

    /// Announces to each source its part of the step, where it has one.
    package func request(_ batch: StepBatch) {
        for (source, part) in parts(batch) { source.request(part.batch) }
    }

    /// What the sources have for a step, put together. [windows]
    ///
    /// - Throws: `AnnealingError.wrongTeacherAnswer` where a source has not a row for each token of a window; what a source throws.
    package func answer(_ batch: StepBatch) throws -> [Rows] {
        var windows = [Rows?](repeating: nil, count: batch.windows.count)
        for (source, part) in parts(batch) {
            let answer = try source.answer(part.batch)
            for (index, place) in part.places.enumerated() {
                let expected = part.batch.windows[index].tokenCount
                let got = index < answer.count ? answer[index].tokenCount : 0
                guard got == expected else {
                    throw AnnealingError.wrongTeacherAnswer(
                        step: batch.step, window: place.window, expected: expected, got: got)
                }
                var rows =
                    windows[place.window]
                    ?? .blank(batch.windows[place.window].tokenCount, like: answer[index])
                var row = 0
                for range in place.ranges {
                    rows.overwrite(range, with: answer[index], from: row)
                    row += range.count
                }
                windows[place.window] = rows
            }
        }
        // A window has a segment, and a segment a teacher.
        return windows.compactMap(\.self)
    }

    private func parts(
        _ batch: StepBatch
    ) -> [(source: any StepSource<StepBatch, [Rows]>, part: TeacherDivision.Part)] {
        sources.enumerated().compactMap { teacher, source in
            division.part(ofTeacher: teacher, batch).map { (source, $0) }
        }
    }
}

import Corpora
import Sequences
import Training

/// Which teacher reads which segments of a step, where a run has a teacher by domain: number 0 teaches every domain that has none of its
/// own. Pure.
///
/// Segments are read on their own (attention within documents), so that a teacher's numbers for one do not depend on its neighbours: a
/// divided step has the bits that the whole one would have.
package struct TeacherDivision: Sendable, Equatable {
    /// Number of each domain's teacher, by the domain's index in `Corpus.domains`. [domains]
    private let teachers: [Int]

    /// - Parameters:
    ///   - domains: names by number, the corpus's.
    ///   - taught: names of the domains that have a teacher of their own, of teacher 1 and on.
    package init(domains: [String], taught: [String]) {
        teachers = domains.map { domain in taught.firstIndex(of: domain).map { $0 + 1 } ?? 0 }
    }

    /// The windows of a step that a teacher reads, each of its segments alone, and where those stand in the step.
    package struct Part {
        /// The windows, without those that hold nothing for the teacher.
        package let batch: StepBatch
        /// For each window of `batch` its index in the step, and the positions there of its segments, in their order. [windows]
        package let places: [(window: Int, ranges: [Range<Int>])]
    }

    /// Numbers of a teacher's domains.
    package func domains(ofTeacher teacher: Int) -> Set<Int> {
        Set(teachers.indices.filter { teachers[$0] == teacher })
    }

    /// What a teacher reads of a step; nil where that is nothing.
    package func part(ofTeacher teacher: Int, _ batch: StepBatch) -> Part? {
        var windows: [TrainingWindow] = []
        var places: [(window: Int, ranges: [Range<Int>])] = []
        for (index, window) in batch.windows.enumerated() {
            precondition(window.pieces.count == window.segments.count, "a divided step is read document by document")
            let pieces = window.pieces.indices.filter { self.teacher(of: window.pieces[$0]) == teacher }
            guard !pieces.isEmpty else { continue }
            let ranges = pieces.map { window.range(ofPiece: $0) }
            let segments = Spans(lengths: ranges.map(\.count))
            windows.append(
                TrainingWindow(
                    tokenIDs: ranges.flatMap { window.tokenIDs[$0] }, segments: segments,
                    scored: ranges.flatMap { window.scored[$0] },
                    pieces: zip(pieces, segments.starts).map { piece, start in
                        TrainingWindow.Piece(
                            start: start, source: window.pieces[piece].source, domain: window.pieces[piece].domain)
                    }))
            places.append((index, ranges))
        }
        guard !windows.isEmpty else { return nil }
        return Part(
            batch: StepBatch(
                step: batch.step, windows: windows, cursorAfter: batch.cursorAfter, phase: batch.phase),
            places: places)
    }

    private func teacher(of piece: TrainingWindow.Piece) -> Int {
        piece.domain < teachers.count ? teachers[piece.domain] : 0
    }
}

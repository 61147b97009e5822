import Annealing
import Corpora
import Sequences
import TeacherLinks
import Testing
import Training

/// A step's windows divided among teachers by domain, and put together again.
@Suite struct TeacherDivisionTests {
    private static let domains = ["", "code", "math", "web"]

    /// Windows of segments of given domains and lengths; ids count on through the step.
    private func batch(_ windows: [[(domain: Int, length: Int)]]) -> StepBatch {
        var next: Int32 = 0
        return StepBatch(
            step: 3,
            windows: windows.map { segments in
                let spans = Spans(lengths: segments.map(\.length))
                let ids = (0..<Int32(spans.tokenCount)).map { next + $0 }
                next += Int32(spans.tokenCount)
                return TrainingWindow(
                    tokenIDs: ids, segments: spans,
                    scored: ids.indices.map { !spans.starts.contains($0) && $0 % 3 != 0 },
                    pieces: zip(spans.starts, segments).map { .init(start: $0, source: 1, domain: $1.domain) })
            }, cursorAfter: DataCursor())
    }

    private let windows: [[(domain: Int, length: Int)]] = [
        [(1, 4), (2, 3), (1, 5)], [(3, 6)], [(0, 2), (2, 2)], [(2, 9)],
    ]

    @Test func eachTeacherReadsItsSegmentsAlone() throws {
        let batch = batch(windows)
        let division = TeacherDivision(domains: Self.domains, taught: ["math", "code"])
        #expect(division.domains(ofTeacher: 0) == [0, 3])
        #expect(division.domains(ofTeacher: 1) == [2] && division.domains(ofTeacher: 2) == [1])
        let math = try #require(division.part(ofTeacher: 1, batch))
        #expect(math.batch.step == 3 && math.places.map(\.window) == [0, 2, 3])
        #expect(math.places.map(\.ranges) == [[4..<7], [2..<4], [0..<9]])
        let code = try #require(division.part(ofTeacher: 2, batch))
        #expect(code.places.map(\.ranges) == [[0..<4, 7..<12]])
        let window = code.batch.windows[0]
        #expect(window.tokenIDs == [0, 1, 2, 3, 7, 8, 9, 10, 11] && window.segments.starts == [0, 4])
        #expect(window.scored == [0, 1, 2, 3, 7, 8, 9, 10, 11].map { batch.windows[0].scored[$0] })
        #expect(window.pieces == [.init(start: 0, source: 1, domain: 1), .init(start: 4, source: 1, domain: 1)])
        let tokens = (0..<3).compactMap { division.part(ofTeacher: $0, batch)?.batch.tokenCount }
        #expect(tokens.reduce(0, +) == batch.tokenCount)
    }

    @Test func aTeacherWithoutSegmentsIsNotAsked() {
        let division = TeacherDivision(domains: Self.domains, taught: ["code"])
        #expect(division.part(ofTeacher: 1, batch([[(2, 3)], [(0, 4)]])) == nil)
    }

    /// Every teacher gives each id a number of its own: each token must have that of its domain's teacher.
    @Test func windowsArePutTogetherFromTheirTeachers() throws {
        let batch = batch(windows)
        let division = TeacherDivision(domains: Self.domains, taught: ["math", "code"])
        let source = DividedSource(division, (0..<3).map { Numbered(teacher: $0) })
        source.request(batch)
        let teachers = [0: 0, 1: 2, 2: 1, 3: 0]
        let rows = try source.answer(batch)
        for (window, values) in zip(batch.windows, rows) {
            for piece in window.pieces.indices {
                let teacher = try #require(teachers[window.pieces[piece].domain])
                for token in window.range(ofPiece: piece) {
                    #expect(values[token] == Float(1000 * teacher) + Float(window.tokenIDs[token]))
                }
            }
        }
        #expect(rows.map(\.count) == batch.windows.map(\.tokenCount))
    }

    @Test func likeliestTokensArePutTogetherToo() throws {
        let batch = batch(windows)
        let division = TeacherDivision(domains: Self.domains, taught: ["code"])
        let source = DividedSource(division, (0..<2).map { NumberedTop(teacher: Int32($0)) })
        for (window, rows) in zip(batch.windows, try source.answer(batch)) {
            #expect(rows.top.k == 2 && rows.tokenCount == window.tokenCount)
            for piece in window.pieces.indices {
                let teacher: Int32 = window.pieces[piece].domain == 1 ? 1 : 0
                for token in window.range(ofPiece: piece) {
                    #expect(
                        rows.top.tokenIDs[token * 2..<token * 2 + 2]
                            == [1000 * teacher + window.tokenIDs[token], teacher])
                    #expect(rows.entropies[token] == Float(teacher))
                }
            }
        }
    }

    @Test func anAnswerOfAnotherLengthIsRefused() throws {
        let batch = batch(windows)
        let division = TeacherDivision(domains: Self.domains, taught: ["math"])
        let source = DividedSource(division, [Numbered(teacher: 0), Numbered(teacher: 1, leavesOut: 1)])
        #expect(throws: AnnealingError.wrongTeacherAnswer(step: 3, window: 0, expected: 3, got: 2)) {
            try source.answer(batch)
        }
        let none = DividedSource<[Float]>(division, [Numbered(teacher: 0), KnownAnswers([])])
        #expect(throws: AnnealingError.wrongTeacherAnswer(step: 3, window: 0, expected: 3, got: 0)) {
            try none.answer(batch)
        }
    }
}

/// A teacher whose log-prob of a token is its id and a thousand times the teacher's number.
private struct Numbered: StepSource {
    let teacher: Int
    var leavesOut = 0

    var scoresFingerprint: String? { "\(teacher)" }
    func request(_ batch: StepBatch) {}
    func answer(_ batch: StepBatch) -> [[Float]] {
        batch.windows.map { $0.tokenIDs.dropLast(leavesOut).map { Float(1000 * teacher) + Float($0) } }
    }
}

private struct NumberedTop: StepSource {
    let teacher: Int32

    var scoresFingerprint: String? { nil }
    func request(_ batch: StepBatch) {}
    func answer(_ batch: StepBatch) -> [SoftTargets] {
        batch.windows.map { window in
            SoftTargets(
                TopLogProbs(
                    k: 2, tokenIDs: window.tokenIDs.flatMap { [1000 * teacher + $0, teacher] },
                    logProbs: window.tokenIDs.flatMap { _ in [-1, -2] }),
                entropies: window.tokenIDs.map { _ in Float(teacher) })
        }
    }
}

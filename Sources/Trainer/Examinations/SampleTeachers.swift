import Annealing
import Corpora
import Sequences
import TeacherLinks
import Training

/// The teachers of a run as the doctor asks them, each for the sample's documents of its domains: one alone in most runs.
package struct SampleTeachers {
    private let taught: [String]
    private let teachers: [SampleTeacher]

    /// - Parameters:
    ///   - others: teaches all documents, or those whose domain has no teacher of its own.
    ///   - domains: those of one domain each, with its name.
    package init(_ others: SampleTeacher, domains: [(domain: String, teacher: SampleTeacher)] = []) {
        taught = domains.map(\.domain)
        teachers = [others] + domains.map(\.teacher)
    }

    /// Speed of the slowest as its server measured it; nil where none has.
    package var tokensPerSecond: Double? { teachers.compactMap(\.tokensPerSecond).min() }

    /// Checks that each teacher can read what it teaches of the sample.
    ///
    /// - Parameter check: looks for the ids in documents of the domains of these numbers, or in all where they are nil.
    package func checkReadable(_ corpus: Corpus, check: (UnreadableTokens, Set<Int>?) throws -> Void) throws {
        let division = division(corpus.domains)
        for (number, teacher) in teachers.enumerated() {
            let domains = taught.isEmpty ? nil : division.domains(ofTeacher: number)
            for unreadable in teacher.unreadable { try check(unreadable, domains) }
        }
    }

    /// The log-probs of the windows. [windows][T]
    ///
    /// - Parameter domains: names by number, the corpus's.
    /// - Throws: as `SampleTeacher.logProbs` does.
    package func logProbs(
        _ windows: [TrainingWindow], domains: [String], _ findings: inout Findings
    ) throws -> [[Float]] {
        guard !taught.isEmpty else { return try teachers[0].logProbs(windows, &findings) }
        return try divided(windows, domains) { try $0.logProbs($1, &findings) }
    }

    /// Entropies of the teachers' distributions at each position of the windows; nil for files, which have none. [windows][T]
    ///
    /// - Throws: as `SampleTeacher.entropies` does.
    package func entropies(_ windows: [TrainingWindow], domains: [String]) throws -> [[Float]]? {
        guard !taught.isEmpty else { return try teachers[0].entropies(windows) }
        return try divided(windows, domains) { try $0.entropies($1) ?? [] }
    }

    /// The likeliest tokens at each position of the windows; nil for files, which have none. [windows]
    ///
    /// - Parameter domains: names by number, the corpus's.
    /// - Throws: as `SampleTeacher.softTargets` does.
    package func softTargets(
        _ windows: [TrainingWindow], _ distilled: DistilledTeacher, domains: [String]
    ) throws -> [SoftTargets]? {
        guard !taught.isEmpty else { return try teachers[0].softTargets(windows, distilled) }
        return try divided(windows, domains) { try $0.softTargets($1, distilled) ?? [] }
    }

    private func divided<Rows: WindowRows>(
        _ windows: [TrainingWindow], _ domains: [String], ask: (SampleTeacher, [TrainingWindow]) throws -> [Rows]
    ) throws -> [Rows] {
        let (division, sample) = (
            division(domains), StepBatch(step: 1, windows: windows, cursorAfter: DataCursor())
        )
        let sources = try teachers.enumerated().map { number, teacher in
            KnownAnswers(try division.part(ofTeacher: number, sample).map { try ask(teacher, $0.batch.windows) } ?? [])
        }
        return try DividedSource(division, sources).answer(sample)
    }

    private func division(_ domains: [String]) -> TeacherDivision { TeacherDivision(domains: domains, taught: taught) }
}

import Annealing
import Corpora
import Sequences

/// The teachers of a run that has a teacher by domain. Each is asked for the segments of its domain alone; one teaches all other domains.
package struct DomainTeachers: Sendable {
    /// Why a corpus cannot be taught by domain.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// No document has the domain. `known` are those that the corpus has, sorted.
        case unknownDomain(String, known: [String])

        package var description: String {
            switch self {
            case .unknownDomain(let name, let known):
                "--teacher \(name)=...: no document of the corpus has the domain \(name), so that its teacher would teach nothing; "
                    + (known.isEmpty
                        ? "none has a \"domain\" (in a --mix each source is one)"
                        : "there are \(known.prefix(10).joined(separator: ", "))"
                            + (known.count > 10 ? " and \(known.count - 10) more" : ""))
            }
        }
    }

    /// The teacher of one domain.
    package struct Teacher: Sendable {
        /// Name of the domain.
        package let domain: String
        /// The servers that have the teacher.
        package let connection: TeacherConnection

        package init(domain: String, connection: TeacherConnection) {
            self.domain = domain
            self.connection = connection
        }
    }

    /// Teaches every document of a domain that has no teacher of its own, or of none.
    package let others: TeacherConnection
    /// Those of one domain each.
    package let teachers: [Teacher]

    /// `teachers` are of different domains.
    package init(others: TeacherConnection, teachers: [Teacher]) {
        self.others = others
        self.teachers = teachers
    }

    private var connections: [TeacherConnection] { [others] + teachers.map(\.connection) }

    /// Names of the teachers of one domain each, as the first server calls them; those alone that a server has answered for.
    package var names: [String: String] {
        teachers.reduce(into: [:]) { $0[$1.domain] = $1.connection.name }
    }

    /// Fingerprints of all of them, as far as they are known.
    package var fingerprints: TeacherFingerprints {
        TeacherFingerprints(
            model: others.modelFingerprint, scores: others.scoresFingerprint, otherScores: others.otherScores,
            domains: teachers.reduce(into: [:]) { domains, teacher in
                domains[teacher.domain] = TeacherFingerprints.OfDomain(
                    model: teacher.connection.modelFingerprint, scores: teacher.connection.scoresFingerprint,
                    otherScores: teacher.connection.otherScores)
            })
    }

    /// Log-probs for weights that the trainer computes, pulled ahead.
    ///
    /// - Parameter domains: names by number, the corpus's.
    package func logProbSource(domains: [String]) -> any LogProbSource {
        DividedSource(division(domains), connections.map { $0.logProbSource() })
    }

    /// The same with the entropies of the teachers' distributions.
    package func teacherScoreSource(domains: [String]) -> any TeacherScoreSource {
        DividedSource(division(domains), connections.map { $0.teacherScoreSource() })
    }

    /// The likeliest tokens, pulled ahead.
    ///
    /// - Parameter domains: names by number, the corpus's.
    package func softTargetSource(_ distilled: DistilledTeacher, domains: [String]) -> any SoftTargetSource {
        DividedSource(division(domains), connections.map { $0.softTargetSource(distilled) })
    }

    /// Checks that each teacher can read every token of what it teaches: now, or as soon as a server answers.
    ///
    /// - Throws: `UnreadableTokens`' error; what `progress` throws.
    package func check(_ corpus: Corpus, progress: (Double) throws -> Void) throws {
        let division = division(corpus.domains)
        for (number, connection) in connections.enumerated() {
            try connection.check(corpus, domains: division.domains(ofTeacher: number), progress: progress)
        }
    }

    /// Checks that the corpus has every domain with a teacher of its own: before a server is asked.
    ///
    /// - Parameters:
    ///   - taught: names of those domains.
    ///   - holds: whether a document of the domain exists, where `corpus` is only a sample.
    /// - Throws: `Failure`, and what `holds` throws.
    package static func check(
        _ taught: [String], _ corpus: Corpus, holds: (String) throws -> Bool = { _ in false }
    ) throws {
        for domain in taught where !corpus.domainsInUse.contains(domain) {
            guard try holds(domain) else {
                throw Failure.unknownDomain(domain, known: corpus.domainsInUse.sorted())
            }
        }
    }

    private func division(_ domains: [String]) -> TeacherDivision {
        TeacherDivision(domains: domains, taught: teachers.map(\.domain))
    }
}

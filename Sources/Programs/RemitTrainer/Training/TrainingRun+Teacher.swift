import Annealing
import CommandLines
import Corpora
import Digests
import Formats
import ScoreFiles
import ScoringClient
import System
import TeacherLinks
import Tokenizers
import TokenWeights
import Training

extension TrainingRun {
    /// - Parameters:
    ///   - student: fingerprint of the parameters that the run starts from.
    ///   - saved: state of a resumed run, which names by whom it was taught; nil for a new one.
    func connect(
        _ text: TextSide, _ sequenceLength: Int, _ weighting: any TokenWeighting, student: SHA256Digest,
        vocabularySize: Int, saved: RunState?
    ) throws -> RunTeacher {
        let mayChange = plan.teacher.allowTeacherChange
        let known = saved?.knownTeacher(mayChange: mayChange)
        if let path = plan.teacher.logprobsFrom {
            let teacher = try RunTeacher.files(
                path, for: plan.scoresReader(text, sequenceLength: sequenceLength),
                known: known, allowMixedScores: plan.teacher.allowMixedScores,
                allowNumericsChange: plan.run.allowNumericsChange
            ) { file, share in
                try stop.throwIfRequested()
                terminal.status("reading \(file): \(Format.percent(share))")
            }
            if case .files(let scores) = teacher {
                terminal.line(
                    "teacher: \(scores.identity.model) in \(path), \(scores.identity.precision), "
                        + "\(Format.count(Double(scores.tokenCount))) tokens")
            }
            return teacher
        }
        let notices = TeacherNotices(terminal)
        func connection(
            _ name: String?, domain: String?, _ client: ScoringClient, _ known: KnownTeacher?
        ) throws -> TeacherConnection {
            let needs = plan.teacherNeeds(
                weighting, teacher: name, tokenizer: text.tokenizer.fingerprint.hex, student: student,
                sequenceLength: sequenceLength, vocabularySize: vocabularySize)
            return try TeacherConnection(
                client, plan.teacher.links, needs: needs, known: known, tokenizer: text.tokenizer,
                cancellation: stop, notify: { notices.show($0, domain: domain) })
        }
        let (teacher, main) = (plan.teacher, plan.teacher.mainTeacher)
        guard !teacher.domainTeachers.isEmpty else {
            return .server(try connection(main, domain: nil, teacher.client(), known))
        }
        let places = try TeacherPlaces(teacher.client(), timeout: teacher.links.infoTimeout, stop: stop)
        func client(of name: String?) throws -> ScoringClient {
            try teacher.client(of: places.servers(with: name).map { teacher.server[$0] })
        }
        return .domains(
            DomainTeachers(
                others: try connection(main, domain: nil, client(of: main), known),
                teachers: try teacher.domainTeachers.map { domain, name in
                    DomainTeachers.Teacher(
                        domain: domain,
                        connection: try connection(
                            name, domain: domain, client(of: name),
                            saved?.knownTeacher(of: domain, mayChange: mayChange)))
                }))
    }
}

extension RunState {
    /// nil where the run has no teacher.
    fileprivate func knownTeacher(mayChange: Bool) -> KnownTeacher? {
        inputs.teacher.map {
            KnownTeacher(modelFingerprint: $0, scoresFingerprint: scoresFingerprint, mayChange: mayChange)
        }
    }

    /// nil where the domain has no teacher of its own, or none that has answered.
    fileprivate func knownTeacher(of domain: String, mayChange: Bool) -> KnownTeacher? {
        guard let model = inputs.domainTeachers?[domain], model != RunInputs.unanswered else { return nil }
        return KnownTeacher(
            modelFingerprint: model, scoresFingerprint: domainScoresFingerprints?[domain], mayChange: mayChange)
    }
}

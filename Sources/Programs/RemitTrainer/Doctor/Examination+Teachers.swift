import Annealing
import CommandLines
import Corpora
import Digests
import Examinations
import ScoreFiles
import ScoringClient
import TeacherLinks
import Tokenizers
import TokenWeights

/// Who teaches, and what they say of a sample.
extension Examination {
    func findTeachers(
        _ text: TextSide, _ weighting: any TokenWeighting, student: SHA256Digest, length: Int, vocabularySize: Int,
        _ findings: inout Findings
    ) throws -> SampleTeachers {
        let (given, plan) = (arguments.teacher, try plan)
        let domains = given.domainTeachers
        let places = try domains.isEmpty ? nil : TeacherPlaces(given.client(), stop: stop)
        func find(_ name: String?) throws -> SampleTeacher {
            try SampleTeacher(
                place(
                    plan.scoresReader(text, sequenceLength: length),
                    servers: places?.servers(with: name).map { given.server[$0] } ?? given.server),
                needs: plan.teacherNeeds(
                    weighting, teacher: name, tokenizer: text.tokenizer.fingerprint.hex, student: student,
                    sequenceLength: length, vocabularySize: vocabularySize),
                tokenizer: text.tokenizer, status: { terminal.status($0) }, cancellation: stop, &findings)
        }
        return SampleTeachers(
            try find(given.mainTeacher), domains: try domains.map { ($0.domain, try find($0.name)) })
    }

    private func place(_ reader: ScoresReader, servers: [String]) -> SampleTeacher.Place {
        let teacher = arguments.teacher
        if let path = teacher.logprobsFrom {
            return .files(path, reader, allowNumericsChange: arguments.run.allowNumericsChange)
        }
        return .servers(servers, areSpread: teacher.spread, allowMixedScores: teacher.allowMixedScores) { url in
            try ScoringClient(servers: [url], apiKeyFile: teacher.apiKeyFile, caFile: teacher.caFile)
        }
    }

    func ask(
        _ teacher: SampleTeachers, _ windows: [TrainingWindow], _ weighting: any TokenWeighting, _ domains: [String],
        _ findings: inout Findings
    ) throws -> [TeacherScores] {
        let logProbs = try teacher.logProbs(windows, domains: domains, &findings)
        let entropies = weighting.needsEntropies ? try teacher.entropies(windows, domains: domains) : nil
        return logProbs.indices.map { TeacherScores(logProbs: logProbs[$0], entropies: entropies?[$0] ?? []) }
    }
}

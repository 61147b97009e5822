import Annealing
import ScoringAPI
import Sequences
import Transformers

/// Why a server's teacher cannot weight this student's tokens.
package enum TeacherError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No teacher of the server has the name or model fingerprint of `--teacher`.
    case unknownTeacher(asked: String, known: [String])
    /// The teacher's tokenizer is not the student's, by fingerprint: ids would mean other tokens.
    case otherTokenizer(teacher: String, server: String, student: String)
    /// Windows longer than the teacher's context or the server's limits.
    case sequenceTooLong(requested: Int, limit: Int, teacher: String)
    /// More of the likeliest tokens than the server gives.
    case topKTooLarge(requested: Int, limit: Int, teacher: String)
    /// A temperature or entropies are needed, and the engine tells no whole distributions.
    case noTemperedScores(teacher: String, engine: String)
    /// An answer has another scores fingerprint than the first: last bits differ, and with them weights.
    case otherScores(first: String, now: String)
    /// The weights' student is to be the server's base, and it has none.
    case noBase
    /// The weights' student is to be the server's base, and that is not what the run starts from.
    case otherBase(base: String, server: String, student: String)
    /// The base's scores fingerprint changed in the middle of a run; `now` is nil where the answer does not say.
    case changedBase(was: String, now: String?)
    /// Two servers of the run have different teachers or bases.
    case serversDiffer(ServerDifference)
    /// A run is resumed with another teacher: model fingerprints.
    case changedTeacher(server: String, was: String, now: String)
    /// The error of one of the servers, with its address.
    indirect case at(server: String, TeacherError)

    package var description: String {
        switch self {
        case .unknownTeacher(let asked, let known):
            "the server has no teacher '\(asked)'; it has \(known.joined(separator: ", "))"
        case .otherTokenizer(let teacher, let server, let student):
            "teacher and student have different tokenizers: \(teacher) has \(server), the student \(student). "
                + "Token weights need one tokenizer; use a teacher of the student's lineage"
        case .sequenceTooLong(let requested, let limit, let teacher):
            "--sequence-length is \(requested), but \(teacher) scores at most \(limit) tokens a document"
        case .topKTooLarge(let requested, let limit, let teacher):
            "--kd-top-k is \(requested), but the server gives at most \(limit) of \(teacher)'s likeliest tokens (--max-top-k of "
                + "remit-server, and no more tokens than teacher and student have in common)"
        case .noTemperedScores(let teacher, let engine):
            "\(engine) computes \(teacher) and tells a few of its likeliest tokens: --kd-temperature other than 1, --objective switch-kd and a "
                + "weighting that reads teacher_entropy need its whole distributions. Use a teacher that remit-server computes itself, or go without"
        case .otherScores(let first, let now):
            "the teacher's answers changed: scores fingerprint \(first) at first, now \(now). Another precision, program version or "
                + "CPU changes the last bits; --allow-mixed-scores accepts that"
        case .noBase:
            "the server has no base, which these weights are made against: start it with --base STUDENT, or give --weights-at trainer"
        case .otherBase(let base, let server, let student):
            "the server's base \(base) is not the student that the run starts from: model_fingerprint \(server) there, \(student) here. "
                + "Start the server with --base STUDENT, or give --weights-at trainer"
        case .changedBase(let was, let now):
            "the base that the weights are made against changed: scores fingerprint \(was) at first, now \(now ?? "none"). Start every "
                + "server with the --base that the run began with, in the same precision"
        case .serversDiffer(let difference):
            difference.description
        case .changedTeacher(let server, let was, let now):
            "cannot resume: the teacher (by fingerprint) was \(was) and is now \(now) at \(server). Give the run the servers that it had; "
                + "--allow-teacher-change goes on with the new one"
        case .at(let server, let error):
            "\(server): \(error)"
        }
    }
}

/// What distillation needs of a teacher, for the server's answers to be compared with the student. Of one tokenizer, the two may be of
/// vocabularies that are padded to other sizes: they are compared on the ids that both have, and all others are of the rest.
package struct DistilledTeacher: Sendable, Equatable {
    /// How many of the likeliest tokens at each position are asked for.
    package let topK: Int
    /// What is asked for beside them: normalizer and entropy at the distillation's temperature, where it is not 1 or tokens are switched.
    package let tempered: TemperedChoice
    /// Size of the student's vocabulary.
    package let vocabularySize: Int

    package init(_ options: DistillationOptions, vocabularySize: Int) {
        topK = options.topK
        let temperature = options.divergence.temperature
        tempered = TemperedChoice(
            temperatures: temperature == 1 && options.switchQuantile == nil ? [] : [temperature])
        self.vocabularySize = vocabularySize
    }

    /// What the server counts each token as.
    package var detail: ScoreDetail { ScoreDetail(topK: topK, temperatures: tempered.computed) }

    /// What a person should know of a teacher of so many tokens; nil where it has as many as the student.
    package func remark(teacher: String, vocabularySize other: Int) -> String? {
        guard other != vocabularySize else { return nil }
        return "\(teacher) predicts \(other) tokens, the student \(vocabularySize): the divergence tells the first "
            + "\(min(other, vocabularySize)) apart, which both have; all others are of the rest"
    }
}

/// Checks what /info says against what the run needs. Pure.
package struct TeacherAgreement {
    /// What the server says of itself.
    package let info: InfoResponse
    /// Name or model fingerprint of the teacher that is wanted; nil: the server's default.
    package let teacher: String?

    package init(info: InfoResponse, teacher: String?) {
        self.info = info
        self.teacher = teacher
    }

    /// The frozen base that weights are made against.
    ///
    /// - Parameter student: model fingerprint of what the run starts from.
    /// - Throws: `TeacherError` where there is no base, or it is not that model: its weights would not be those of the trainer.
    package func base(student: String) throws(TeacherError) -> ModelIdentity {
        guard let base = info.models.first(where: { $0.role == .base })?.identity else { throw .noBase }
        guard base.modelFingerprint == student else {
            throw .otherBase(base: base.model, server: base.modelFingerprint, student: student)
        }
        return base
    }

    /// The teacher, once its tokenizer and its limits are what the run needs.
    ///
    /// - Parameter tokenizer: the student's fingerprint.
    /// - Throws: `TeacherError` for the first thing that does not agree.
    package func check(
        tokenizer: String, sequenceLength: Int, distilled: DistilledTeacher? = nil, entropies: Bool = false
    ) throws(TeacherError) -> ModelIdentity {
        let teachers = info.models.filter { $0.role == .teacher }
        var (identity, context, vocabulary, engine) = (info.identity, Int.max, 0, EngineInfo?.none)
        if let teacher {
            guard
                let found = teachers.first(where: {
                    $0.identity.model == teacher || $0.identity.modelFingerprint == teacher
                })
            else { throw TeacherError.unknownTeacher(asked: teacher, known: teachers.map(\.identity.model)) }
            identity = found.identity
        }
        if let found = teachers.first(where: { $0.identity.modelFingerprint == identity.modelFingerprint }) {
            (context, vocabulary, engine) = (found.contextLength, found.vocabularySize, found.engine)
        }
        guard identity.tokenizerFingerprint == tokenizer else {
            throw TeacherError.otherTokenizer(
                teacher: identity.model, server: identity.tokenizerFingerprint, student: tokenizer)
        }
        let limit = min(context, info.limits.maxSequenceTokens, info.limits.maxRequestTokens)
        guard sequenceLength <= limit else {
            throw TeacherError.sequenceTooLong(requested: sequenceLength, limit: limit, teacher: identity.model)
        }
        if let distilled {
            let limit = min(info.limits.maxTopK, vocabulary, distilled.vocabularySize)
            guard distilled.topK <= limit else {
                throw TeacherError.topKTooLarge(requested: distilled.topK, limit: limit, teacher: identity.model)
            }
        }
        if entropies || distilled?.tempered.isEmpty == false, let engine, engine.kind != EngineInfo.local {
            throw TeacherError.noTemperedScores(teacher: identity.model, engine: engine.kind)
        }
        return identity
    }
}

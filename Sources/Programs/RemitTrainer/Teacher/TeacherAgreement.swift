import ScoringAPI

/// Why a server's teacher cannot weight this student's tokens.
package enum TeacherError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownTeacher(asked: String, known: [String])
    case otherTokenizer(teacher: String, server: String, student: String)
    case sequenceTooLong(requested: Int, limit: Int, teacher: String)
    case otherVocabulary(teacher: String, server: Int, student: Int)
    case topKTooLarge(requested: Int, limit: Int, teacher: String)
    case otherScores(first: String, now: String)
    case noBase
    case otherBase(base: String, server: String, student: String)
    /// In the middle of a run; nil where the answer does not say.
    case changedBase(was: String, now: String?)
    case serversDiffer(ServerDifference)
    /// Of a run that is resumed.
    case changedTeacher(server: String, was: String, now: String)
    /// What is wrong with one of the servers.
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
        case .otherVocabulary(let teacher, let server, let student):
            "\(teacher) predicts \(server) tokens, the student \(student): --objective kd compares the two token by token. Use a "
                + "teacher of the student's lineage with the same vocab_size"
        case .topKTooLarge(let requested, let limit, let teacher):
            "--kd-top-k is \(requested), but the server gives at most \(limit) of \(teacher)'s likeliest tokens (--max-top-k of "
                + "remit-server, and no more than the vocabulary)"
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

/// What distillation needs of a teacher.
package struct DistilledTeacher: Sendable, Equatable {
    package let topK: Int
    /// The student's.
    package let vocabularySize: Int

    package init(topK: Int, vocabularySize: Int) {
        self.topK = topK
        self.vocabularySize = vocabularySize
    }
}

/// Checks what /info says against what the run needs. Pure.
package struct TeacherAgreement {
    package let info: InfoResponse
    /// nil: the default teacher.
    package let teacher: String?

    package init(info: InfoResponse, teacher: String?) {
        self.info = info
        self.teacher = teacher
    }

    /// The frozen base that weights are made against. Throws where there is none, or it is not what the run starts from: those weights
    /// would not be the ones that the trainer makes.
    package func base(student: String) throws(TeacherError) -> ModelIdentity {
        guard let base = info.models.first(where: { $0.role == .base })?.identity else { throw .noBase }
        guard base.modelFingerprint == student else {
            throw .otherBase(base: base.model, server: base.modelFingerprint, student: student)
        }
        return base
    }

    package func check(
        tokenizer: String, sequenceLength: Int, distilled: DistilledTeacher? = nil
    ) throws(TeacherError) -> ModelIdentity {
        let teachers = info.models.filter { $0.role == .teacher }
        var (identity, context, vocabulary) = (info.identity, Int.max, 0)
        if let teacher {
            guard
                let found = teachers.first(where: {
                    $0.identity.model == teacher || $0.identity.modelFingerprint == teacher
                })
            else { throw TeacherError.unknownTeacher(asked: teacher, known: teachers.map(\.identity.model)) }
            identity = found.identity
        }
        if let found = teachers.first(where: { $0.identity.modelFingerprint == identity.modelFingerprint }) {
            (context, vocabulary) = (found.contextLength, found.vocabularySize)
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
            guard vocabulary == distilled.vocabularySize else {
                throw TeacherError.otherVocabulary(
                    teacher: identity.model, server: vocabulary, student: distilled.vocabularySize)
            }
            let limit = min(info.limits.maxTopK, vocabulary)
            guard distilled.topK <= limit else {
                throw TeacherError.topKTooLarge(requested: distilled.topK, limit: limit, teacher: identity.model)
            }
        }
        return identity
    }
}

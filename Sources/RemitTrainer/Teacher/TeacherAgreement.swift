import ScoringAPI

/// Why a server's teacher cannot weight this student's tokens.
package enum TeacherError: Error, Equatable, CustomStringConvertible {
    case unknownTeacher(asked: String, known: [String])
    case otherTokenizer(teacher: String, server: String, student: String)
    case sequenceTooLong(requested: Int, limit: Int, teacher: String)
    case otherVocabulary(teacher: String, server: Int, student: Int)
    case topKTooLarge(requested: Int, limit: Int, teacher: String)
    case otherScores(first: String, now: String)

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

    package func check(
        tokenizer: String, sequenceLength: Int, distilled: DistilledTeacher? = nil
    ) throws -> ModelIdentity {
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

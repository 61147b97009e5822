import ScoringAPI

/// The teacher that a run was taught by before it was resumed.
package struct KnownTeacher: Sendable, Equatable {
    /// Fingerprint of the teacher's model.
    package let modelFingerprint: String
    /// Scores fingerprint of the teacher's answers; nil where it had not answered yet.
    package let scoresFingerprint: String?
    /// Whether another model may teach from now on (`--allow-teacher-change`). The same one gives the same scores all the same.
    package let mayChange: Bool

    package init(modelFingerprint: String, scoresFingerprint: String?, mayChange: Bool = false) {
        self.modelFingerprint = modelFingerprint
        self.scoresFingerprint = scoresFingerprint
        self.mayChange = mayChange
    }
}

/// What one server has for a run.
package struct ServedTeacher: Sendable, Equatable {
    /// The server's address, for errors.
    package let server: String
    /// Name and fingerprints of its teacher.
    package let teacher: ModelIdentity
    /// Name and fingerprints of the server's frozen base, where that is the student of the weights; else nil.
    package let base: ModelIdentity?

    package init(server: String, teacher: ModelIdentity, base: ModelIdentity? = nil) {
        self.server = server
        self.teacher = teacher
        self.base = base
    }
}

/// Whether all servers of a run give the numbers of one teacher: otherwise the moments at which they answer would decide which of two
/// models teaches. Pure.
package struct ServerAgreement {
    private let known: KnownTeacher?
    private let allowMixedScores: Bool
    /// The first server that was added, which the others are held against; nil before.
    package private(set) var first: ServedTeacher?

    /// - Parameters:
    ///   - known: the teacher of a run that is resumed; nil for a new one.
    ///   - allowMixedScores: whether one model may be scored with other last bits (`--allow-mixed-scores`).
    package init(known: KnownTeacher? = nil, allowMixedScores: Bool) {
        self.known = known
        self.allowMixedScores = allowMixedScores
    }

    /// Adds a server to those that agree.
    ///
    /// - Throws: `TeacherError` where its teacher, or its base, is not that of the run and of the servers before.
    package mutating func add(_ served: ServedTeacher) throws(TeacherError) {
        if let known { try compare(known, served) }
        guard let first else {
            first = served
            return
        }
        try compare(Held(first, first.teacher), Held(served, served.teacher), role: "teacher")
        if let base = first.base, let other = served.base {
            try compare(Held(first, base), Held(served, other), role: "base")
        }
    }

    private func compare(_ known: KnownTeacher, _ served: ServedTeacher) throws(TeacherError) {
        let now = served.teacher
        guard known.modelFingerprint == now.modelFingerprint else {
            if known.mayChange { return }
            throw .changedTeacher(server: served.server, was: known.modelFingerprint, now: now.modelFingerprint)
        }
        guard let scores = known.scoresFingerprint, scores != now.scoresFingerprint, !allowMixedScores else { return }
        throw .at(server: served.server, .otherScores(first: scores, now: now.scoresFingerprint))
    }

    /// A model, and the server that holds it.
    private struct Held {
        let server: String
        let identity: ModelIdentity

        init(_ served: ServedTeacher, _ identity: ModelIdentity) {
            server = served.server
            self.identity = identity
        }

        func side(isModel: Bool) -> ServerDifference.Side {
            ServerDifference.Side(
                server: server, model: identity.model,
                fingerprint: isModel ? identity.modelFingerprint : identity.scoresFingerprint)
        }
    }

    private func compare(_ first: Held, _ second: Held, role: String) throws(TeacherError) {
        let (one, other) = (first.identity, second.identity)
        let isModel = one.modelFingerprint != other.modelFingerprint
        guard isModel || (one.scoresFingerprint != other.scoresFingerprint && !allowMixedScores) else { return }
        throw .serversDiffer(
            ServerDifference(
                role: role, isModel: isModel, first: first.side(isModel: isModel), second: second.side(isModel: isModel)
            ))
    }
}

/// Two servers that have different models, or give one model's numbers differently.
package struct ServerDifference: Sendable, Equatable {
    /// One of two servers that differ.
    package struct Side: Sendable, Equatable {
        /// The server's address.
        package let server: String
        /// The name that the server gives its model.
        package let model: String
        /// The fingerprint that differs: the model's where `isModel`, else the scores'.
        package let fingerprint: String
    }

    /// The role of the model that differs: "teacher" or "base".
    package let role: String
    /// Whether the models differ; false where one model's numbers do.
    package let isModel: Bool
    /// The server that the run holds the others against.
    package let first: Side
    /// The server that does not agree with it.
    package let second: Side
}

extension ServerDifference: CustomStringConvertible {
    package var description: String {
        let field = isModel ? "model_fingerprint" : "scores_fingerprint"
        let sides = [second, first].map { "\($0.server) has \($0.model), \(field) \($0.fingerprint)" }
        let advice =
            isModel
            ? "A run has one \(role): leave out the server that is not meant"
                + (role == "teacher" ? ", or name a teacher that all have with --teacher" : "")
            : "Another precision, program version or CPU changes the last bits: leave one out, or --allow-mixed-scores accepts that"
        return "the servers differ: \(sides.joined(separator: "; ")). \(advice)"
    }
}

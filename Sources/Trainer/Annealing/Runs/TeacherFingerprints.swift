/// Fingerprints of a run's teachers, as far as their servers have said them.
package struct TeacherFingerprints: Sendable, Equatable {
    /// Fingerprints of the teacher of one domain.
    package struct OfDomain: Sendable, Equatable {
        /// Of its model; nil before a server has answered.
        package var model: String?
        /// Of its answers; nil before the first.
        package var scores: String?
        /// Of answers with another one, which are mixed with the first, in the order of their first ones.
        package var otherScores: [String]

        package init(model: String?, scores: String?, otherScores: [String] = []) {
            self.model = model
            self.scores = scores
            self.otherScores = otherScores
        }
    }

    /// Of the model that teaches all documents, or those without a teacher of their own; nil before a server has answered.
    package var model: String?
    /// Of its answers; nil before a server has said it.
    package var scores: String?
    /// Of answers with another one, which are mixed with the first, in the order of their first ones.
    package var otherScores: [String]
    /// Of those that teach one domain each, by the domain's name.
    package var domains: [String: OfDomain]

    package init(
        model: String? = nil, scores: String? = nil, otherScores: [String] = [], domains: [String: OfDomain] = [:]
    ) {
        self.model = model
        self.scores = scores
        self.otherScores = otherScores
        self.domains = domains
    }

    /// The models of `domains`, as a run's inputs hold them; nil where there are none.
    package var domainModels: [String: String]? {
        domains.isEmpty ? nil : domains.mapValues { $0.model ?? RunInputs.unanswered }
    }

    /// The scores of `domains` that have any; nil where none has.
    package var domainScores: [String: String]? {
        let scores = domains.compactMapValues(\.scores)
        return scores.isEmpty ? nil : scores
    }
}

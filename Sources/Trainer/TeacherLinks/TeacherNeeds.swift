import ScoringAPI

/// What a run needs of the teacher that each of its servers has.
package struct TeacherNeeds: Sendable, Equatable {
    /// Name or model fingerprint of the teacher that is wanted; nil: the server's default.
    package let teacher: String?
    /// Fingerprint of the student's tokenizer.
    package let tokenizer: String
    /// Tokens of a training window, all of which must fit a teacher's context.
    package let sequenceLength: Int
    /// What distillation needs besides; nil where nothing is distilled.
    package let distilled: DistilledTeacher?
    /// Whether the entropies of its distributions are needed, by a weighting that reads them.
    package let entropies: Bool
    /// Model fingerprint of the student that the run starts from, where the server's frozen base stands for it; else nil.
    package let baseStudent: String?

    package init(
        teacher: String?, tokenizer: String, sequenceLength: Int, distilled: DistilledTeacher? = nil,
        entropies: Bool = false, baseStudent: String? = nil
    ) {
        self.teacher = teacher
        self.tokenizer = tokenizer
        self.sequenceLength = sequenceLength
        self.distilled = distilled
        self.entropies = entropies
        self.baseStudent = baseStudent
    }

    /// What a server has of it.
    ///
    /// - Throws: `TeacherError.at`, with the server's name.
    package func served(_ info: InfoResponse, at server: String) throws(TeacherError) -> ServedTeacher {
        let agreement = TeacherAgreement(info: info, teacher: teacher)
        do {
            return ServedTeacher(
                server: server,
                teacher: try agreement.check(
                    tokenizer: tokenizer, sequenceLength: sequenceLength, distilled: distilled, entropies: entropies),
                base: try baseStudent.map { student throws(TeacherError) in try agreement.base(student: student) })
        } catch {
            throw .at(server: server, error)
        }
    }
}

import Sequences

/// The log-probs of one training sequence's realized tokens, and which positions count.
///
/// Shape: T positions. Natural log. A position that is not scored may hold anything, NaN included.
package struct LogProbSequence: Sendable {
    /// Natural log-probs under the teacher. Finite at scored positions, or weighing throws; what stands elsewhere is not read.
    package let teacher: [Float]  // [T], or empty where there is no teacher
    /// Natural log-probs under whom the weighting sets against the teacher: the student at this step, or the frozen base
    /// (`TokenWeighting.studentSource`). Finite at scored positions, or weighing throws.
    package let student: [Float]  // [T], or empty where there is no student
    /// Positions whose loss counts. The others get weight 0 and enter neither the mean nor the number that the loss is divided by.
    package let scored: [Bool]  // [T], false at every document's first position
    /// Documents of the sequence, in order and without a gap: the parts over which `Centering.document` takes its means.
    package let documents: Spans
    /// Domains of the positions, in order and without a gap from 0 to T; empty where nobody said. Read only by a weighting with
    /// `needsDomains`.
    package var domains: [DomainRange] = []
    /// Entropies of the teacher's distributions at temperature 1, in nats, NaN where nothing is predicted; empty where they were not asked
    /// for. Read only by a weighting of one's own that needs them.
    package var teacherEntropies: [Float] = []  // [T], or empty

    /// Takes the log-probs of one sequence, each side T long or empty.
    ///
    /// - Parameters:
    ///   - scored: false masks a position; the first position of each document is never scored, whatever it says.
    ///   - documentStarts: positions, first 0, strictly increasing, below T; empty where T is 0.
    /// - Throws: `TokenWeightError.lengthMismatch`, or `documentStarts` with the first start that breaks a rule.
    package init(teacher: [Float], student: [Float], scored: [Bool], documentStarts: [Int]) throws {
        let count = scored.count
        for (side, logProbs) in [(TokenWeightError.Side.teacher, teacher), (.student, student)]
        where !logProbs.isEmpty && logProbs.count != count {
            throw TokenWeightError.lengthMismatch(side, expected: count, got: logProbs.count)
        }
        do throws(SpanFault) {
            documents = try Spans(starts: documentStarts, tokenCount: count)
        } catch {
            throw TokenWeightError.documentStarts(error)
        }
        self.teacher = teacher
        self.student = student
        self.scored = documents.scored(scored)
    }

    /// T, the number of positions, scored or not.
    package var count: Int { scored.count }
}

extension LogProbSequence {
    /// Domains of all positions.
    ///
    /// - Throws: `TokenWeightError.missingDomain` with the first position that has none.
    func domains(for weighting: String) throws -> [DomainRange] {
        var end = 0
        for part in domains {
            guard part.range.lowerBound == end, !part.domain.isEmpty else { break }
            end = part.range.upperBound
        }
        guard end == count else { throw TokenWeightError.missingDomain(position: end, weighting: weighting) }
        return domains
    }

    /// Differences log p_teacher - log p_student in f64, 0 at positions that are not scored. [T]
    ///
    /// - Throws: `TokenWeightError` where a side is missing or a scored position is not finite.
    func differences(for weighting: String) throws -> [Double] {
        try require(.teacher, of: weighting)
        try require(.student, of: weighting)
        var differences = [Double](repeating: 0, count: count)
        for at in 0..<count where scored[at] {
            try requireFinite(.teacher, teacher[at], at)
            try requireFinite(.student, student[at], at)
            differences[at] = Double(teacher[at]) - Double(student[at])
        }
        return differences
    }

    /// The student's losses -log p_student in f64, 0 at positions that are not scored. [T]
    ///
    /// - Throws: `TokenWeightError` where they are missing or a scored position is not finite.
    func losses(for weighting: String) throws -> [Double] {
        try require(.student, of: weighting)
        var losses = [Double](repeating: 0, count: count)
        for at in 0..<count where scored[at] {
            try requireFinite(.student, student[at], at)
            losses[at] = -Double(student[at])
        }
        return losses
    }

    private func require(_ side: TokenWeightError.Side, of weighting: String) throws {
        guard count == 0 || !(side == .teacher ? teacher : student).isEmpty else {
            throw TokenWeightError.missingLogProbs(side, weighting: weighting)
        }
    }

    private func requireFinite(_ side: TokenWeightError.Side, _ logProb: Float, _ position: Int) throws {
        guard logProb.isFinite else {
            throw TokenWeightError.nonFiniteLogProb(side, position: position, got: logProb)
        }
    }
}

import Sequences

/// The log-probs of one training sequence's realized tokens, and which positions count.
///
/// Shape: T positions. Natural log. A position that is not scored may hold anything, NaN included.
package struct LogProbSequence: Sendable {
    package let teacher: [Float]  // [T], or empty where there is no teacher
    package let student: [Float]  // [T], or empty where there is no student
    package let scored: [Bool]  // [T], false at every document's first position
    package let documents: Spans
    /// Where positions come from, in order; empty where nobody said.
    package var domains: [DomainRange] = []

    /// `scored` false masks a position; the first position of each document is never scored, whatever it says.
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

    package var count: Int { scored.count }
}

extension LogProbSequence {
    /// The domains of all positions. Throws where some have none.
    func domains(for weighting: String) throws -> [DomainRange] {
        var end = 0
        for part in domains {
            guard part.range.lowerBound == end, !part.domain.isEmpty else { break }
            end = part.range.upperBound
        }
        guard end == count else { throw TokenWeightError.missingDomain(position: end, weighting: weighting) }
        return domains
    }

    /// log p_teacher - log p_student in f64, 0 at positions that are not scored.
    ///
    /// Throws where a side is missing or a scored position is not finite.
    func differences(for weighting: String) throws -> [Double] {
        guard count == 0 || !teacher.isEmpty else {
            throw TokenWeightError.missingLogProbs(.teacher, weighting: weighting)
        }
        guard count == 0 || !student.isEmpty else {
            throw TokenWeightError.missingLogProbs(.student, weighting: weighting)
        }
        var differences = [Double](repeating: 0, count: count)
        for at in 0..<count where scored[at] {
            guard teacher[at].isFinite else {
                throw TokenWeightError.nonFiniteLogProb(.teacher, position: at, got: teacher[at])
            }
            guard student[at].isFinite else {
                throw TokenWeightError.nonFiniteLogProb(.student, position: at, got: student[at])
            }
            differences[at] = Double(teacher[at]) - Double(student[at])
        }
        return differences
    }
}

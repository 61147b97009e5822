import System

/// The scores fingerprint of the first answer; every later one must have it, whichever server it comes from, or is remembered as another.
package final class ScoresPin: Sendable {
    private let seen: Locked<(first: String?, others: [String])>
    private let allowMixed: Bool

    /// - Parameters:
    ///   - known: what a resumed run, or /info, had; nil: the first answer's is taken.
    ///   - allowMixed: whether other fingerprints pass (`--allow-mixed-scores`).
    package init(_ known: String?, allowMixed: Bool) {
        seen = Locked((known, []))
        self.allowMixed = allowMixed
    }

    /// The fingerprint that answers must have; nil before the first.
    package var value: String? { seen.withLock { $0.first } }
    /// Other fingerprints of answers that passed, in the order of their first ones.
    package var others: [String] { seen.withLock { $0.others } }

    /// Compares an answer's fingerprint with the first one, or takes it for the first.
    ///
    /// - Throws: `TeacherError.otherScores` where they differ and may not.
    package func check(_ fingerprint: String) throws {
        let first = seen.withLock { seen in
            let first = seen.first ?? fingerprint
            seen.first = first
            if allowMixed, first != fingerprint, !seen.others.contains(fingerprint) { seen.others.append(fingerprint) }
            return first
        }
        guard first == fingerprint || allowMixed else {
            throw TeacherError.otherScores(first: first, now: fingerprint)
        }
    }
}

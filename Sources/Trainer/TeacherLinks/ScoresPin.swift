import System

/// The scores fingerprint of the first answer; every later one must have it, whichever server it comes from.
package final class ScoresPin: Sendable {
    private let pinned: Locked<String?>
    private let allowMixed: Bool

    /// - Parameters:
    ///   - known: what a resumed run, or /info, had; nil: the first answer's is taken.
    ///   - allowMixed: whether other fingerprints pass (`--allow-mixed-scores`).
    package init(_ known: String?, allowMixed: Bool) {
        pinned = Locked(known)
        self.allowMixed = allowMixed
    }

    /// The fingerprint that answers must have; nil before the first.
    package var value: String? { pinned.withLock { $0 } }

    /// Compares an answer's fingerprint with the first one, or takes it for the first.
    ///
    /// - Throws: `TeacherError.otherScores` where they differ and may not.
    package func check(_ fingerprint: String) throws {
        let first = pinned.withLock { pinned in
            pinned = pinned ?? fingerprint
            return pinned ?? fingerprint
        }
        guard first == fingerprint || allowMixed else {
            throw TeacherError.otherScores(first: first, now: fingerprint)
        }
    }
}

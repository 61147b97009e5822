import Locks

/// The scores fingerprint of the first answer; every later one must have it, whichever server it comes from.
package final class ScoresPin: Sendable {
    private let pinned: Locked<String?>
    private let allowMixed: Bool

    package init(_ known: String?, allowMixed: Bool) {
        pinned = Locked(known)
        self.allowMixed = allowMixed
    }

    package var value: String? { pinned.withLock { $0 } }

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

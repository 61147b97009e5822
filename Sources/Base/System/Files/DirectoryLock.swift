import Glibc

/// Keeps a second process out of a directory that one writes, until this object goes or the process ends.
///
/// Not for two objects in one process that trust each other: the second one is refused like any other.
package final class DirectoryLock: Sendable {
    /// Why a directory could not be locked.
    package enum Failure: Error {
        /// The lock's file could not be made.
        case unwritable(SystemError)
        case inUse
    }

    /// A process that was killed a moment ago keeps its lock until the system has taken it apart; whoever is started in its place waits.
    private static let patienceMilliseconds = 3000
    private static let stepMilliseconds = 20

    private let descriptor: FileDescriptor

    /// Takes the lock of a directory, which must exist. Waits for its holder, three seconds at most.
    package init(_ directory: String) throws(Failure) {
        let path = directory + "/.lock"
        do throws(SystemError) {
            descriptor = FileDescriptor(
                try SystemError.check("create", path) { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) })
        } catch {
            throw .unwritable(error)
        }
        var waited = 0
        while flock(descriptor.number, LOCK_EX | LOCK_NB) != 0 {
            guard waited < Self.patienceMilliseconds else { throw .inUse }
            usleep(UInt32(Self.stepMilliseconds) * 1000)
            waited += Self.stepMilliseconds
        }
    }

    /// Unlocked first: a child that this process is starting at the moment has the descriptor too, until its exec.
    deinit { _ = flock(descriptor.number, LOCK_UN) }
}

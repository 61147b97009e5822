import Foundation
import JSONValues
import System

/// Who works at which range of a plan. A claim is a hint and no lock: where two score one range, `RangeResults` keeps the numbers of one.
package struct RangeClaims: Sendable {
    static let folder = "claims"
    /// After so long a claim that says nothing is of a process that ended between making the file and writing it.
    private static let timeToWrite = Duration.seconds(10)

    private let path: String
    private let lease: Duration

    init(_ path: String, lease: Duration) {
        self.path = path
        self.lease = lease
    }

    /// Time between two signs of life.
    package var interval: Duration { max(lease / 4, .milliseconds(250)) }

    /// Whether this process may begin with a range: nobody is at it, or whoever was is gone.
    ///
    /// - Throws: `ScoreFileError.unwritable`.
    package func claim(_ part: ScoringPlan.Part) throws -> Bool {
        let file = path + "/" + part.name
        while true {
            do throws(SystemError) {
                try FileSink(file, .new).write(Self.content)
                return true
            } catch {
                guard error.code == EEXIST else { throw ScoreFileError.unwritable(path: file, reason: error.reason) }
            }
            switch look(at: file) {
            case .busy: return false
            case .left:
                try renew(part)
                return true
            // Released meanwhile: of all who saw that, the one who makes the next file begins.
            case .none: continue
            }
        }
    }

    /// Says that this process is still at it.
    ///
    /// - Throws: `ScoreFileError.unwritable`.
    package func renew(_ part: ScoringPlan.Part) throws {
        let file = path + "/" + part.name
        try ScoreFileError.writing(file) { try AtomicFile.write(file, contents: Self.content) }
    }

    /// Lets others have the range.
    package func release(_ part: ScoringPlan.Part) { unlink(path + "/" + part.name) }

    private enum Found { case none, left, busy }

    private func look(at file: String) -> Found {
        var status = stat()
        // What cannot be looked at for another reason is said by who writes.
        guard lstat(file, &status) == 0 else { return errno == ENOENT ? .none : .left }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seconds = Double(now.tv_sec - status.st_mtim.tv_sec) + Double(now.tv_nsec - status.st_mtim.tv_nsec) / 1e9
        let age = Duration.seconds(seconds)
        guard age < lease else { return .left }
        guard let bytes = try? MappedFile.contents(ofFile: file),
            case .object(let claim)? = try? JSONValue(parsing: bytes)
        else {
            // Released, or another's, since it was looked at? A link to nowhere is still the same.
            var later = stat()
            guard lstat(file, &later) == 0 else { return errno == ENOENT ? .none : .left }
            guard later.st_ino == status.st_ino, later.st_mtim.tv_sec == status.st_mtim.tv_sec,
                later.st_mtim.tv_nsec == status.st_mtim.tv_nsec
            else { return .none }
            return age >= Self.timeToWrite ? .left : .busy
        }
        return Self.isGone(claim) ? .left : .busy
    }

    /// Whether a claim is of a process of this machine that has ended.
    private static func isGone(_ claim: JSONObject) -> Bool {
        guard claim[key: "host"] == .string(HostName.current), case .integer(let number)? = claim[key: "pid"],
            let process = pid_t(exactly: number), process > 0, process != getpid()
        else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    private static var content: [UInt8] {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return CompactJSON.bytes([
            "host": .string(HostName.current), "pid": .integer(Int(getpid())),
            "time": .number(Double(now.tv_sec) + Double(now.tv_nsec) / 1e9),
        ])
    }
}

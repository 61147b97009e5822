import Glibc

/// A call of the system that failed: what was tried, on what, and why.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, to stand behind "cannot": `open`, `read the size of`.
    package let operation: String
    /// The file or directory that it was tried on; nil for what has no name, as a pipe.
    package let path: String?
    /// `errno` of the failure; where no call failed but what was found is of no use, the code that comes nearest.
    package let code: Int32
    /// Why, in words: the system's own for the code, or what was found.
    package let reason: String

    /// - Parameters:
    ///   - code: `errno` as it is now, unless another is named: to be made before anything else is called.
    ///   - reason: the system's own words for the code, unless others say more.
    package init(_ operation: String, _ path: String? = nil, code: Int32 = errno, reason: String? = nil) {
        self.operation = operation
        self.path = path
        self.code = code
        self.reason = reason ?? String(cString: strerror(code))
    }

    package var description: String { (path.map { $0 + ": " } ?? "") + "cannot \(operation): \(reason)" }

    /// Result of a call that answers a negative number where it fails. A call that a signal interrupted is made again.
    ///
    /// - Throws: `SystemError`, with the `errno` that the call left.
    package static func check<Result: SignedInteger>(
        _ operation: String, _ path: String? = nil, _ call: () -> Result
    ) throws(SystemError) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw SystemError(operation, path, code: code) }
        }
    }
}

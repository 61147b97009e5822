import Glibc

/// An operation of the system on a file that failed.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, to stand behind "cannot": `open`, `read the size of`.
    package let operation: String
    /// The file or directory that it was tried on.
    package let path: String
    /// `errno` of the failure.
    package let code: Int32

    /// - Parameter code: `errno` as it is now, unless another is named.
    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String { "\(path): cannot \(operation): \(String(cString: strerror(code)))" }
}

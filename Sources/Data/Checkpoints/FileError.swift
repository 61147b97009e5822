import Glibc

/// An operation of the system on a file that failed.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    package let operation: String
    package let path: String
    package let code: Int32

    /// `errno` as it is now.
    init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String { "\(path): cannot \(operation): \(String(cString: strerror(code)))" }
}

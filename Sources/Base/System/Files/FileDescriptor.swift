import Glibc

/// An open file or the end of a pipe, closed when this value goes.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The system's number of it, for calls that are not made here.
    package let number: Int32

    /// Takes over a descriptor that nobody else closes.
    package init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

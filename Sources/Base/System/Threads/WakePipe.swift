import Glibc

/// A pipe that wakes those who wait for its readable end. It stays readable until it is read. The ends are closed with the last
/// reference, so that who wakes never meets a number that was given to another file.
package final class WakePipe: Sendable {
    private let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor

    /// - Throws: `SystemError` where the process may open no more files.
    package init() throws(SystemError) {
        let ends = try PipeEnds()
        readEnd = ends.readEnd
        writeEnd = ends.writeEnd
        readEnd.neverWait()
        writeEnd.neverWait()
    }

    /// Descriptor to wait for.
    package var readable: Int32 { readEnd.number }

    /// Makes the readable end readable; never waits. May be called by a handler of signals.
    package func wake(_ byte: UInt8 = 1) {
        var byte = byte
        // A full pipe is readable already.
        _ = write(writeEnd.number, &byte, 1)
    }

    /// Forgets what it was woken with so far.
    package func clear() {
        var bytes: (UInt64, UInt64) = (0, 0)
        while read(readEnd.number, &bytes, 16) == 16 {}
    }

    /// Waits until it was woken and returns the byte of the first time that was not read yet.
    package func next() -> UInt8 {
        var byte: UInt8 = 0
        while read(readEnd.number, &byte, 1) != 1 {
            _ = Polling.wait(for: readEnd.number, until: Deadline(after: .seconds(3600)))
        }
        return byte
    }
}

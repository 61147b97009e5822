import Glibc

/// The two ends of a new pipe. A program that is started has neither, unless it is given one.
struct PipeEnds: ~Copyable {
    let readEnd: FileDescriptor
    let writeEnd: FileDescriptor

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        _ = try SystemError.check("make a pipe") { pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = FileDescriptor(ends[0])
        writeEnd = FileDescriptor(ends[1])
    }
}

extension FileDescriptor {
    /// From here on a call that would wait fails with `EAGAIN` instead.
    borrowing func neverWait() { _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) }
}

import Foundation

/// SIGINT and SIGTERM: the first one asks the program to save and stop, the second ends it at once.
///
/// OpenBLAS starts threads before `main`, with nothing blocked, and any of them may be given the signal; so a handler only writes a
/// byte into a pipe, on whichever thread it runs, and one thread reads the pipe.
enum SignalThread {
    /// A handler can carry no state. Made by `start`, before a signal can come.
    private static let pipe: (readEnd: Int32, writeEnd: Int32) = {
        var ends: [Int32] = [-1, -1]
        _ = Foundation.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        return (ends[0], ends[1])
    }()

    static func start(onFirst: @escaping @Sendable () -> Void) {
        let readEnd = pipe.readEnd
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
        for number in [SIGINT, SIGTERM] {
            _ = signal(number) { _ in
                let saved = errno
                var byte: UInt8 = 1
                _ = write(SignalThread.pipe.writeEnd, &byte, 1)
                errno = saved
            }
        }
        let thread = Thread {
            waitForByte(readEnd)
            onFirst()
            waitForByte(readEnd)
            _exit(130)
        }
        thread.name = "remit-signals"
        thread.start()
    }

    private static func waitForByte(_ descriptor: Int32) {
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) != 1 {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, -1)
        }
    }
}

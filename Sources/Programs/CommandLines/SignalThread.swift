import Foundation

/// SIGTERM and SIGINT, read by one thread: the first asks the program to finish, the second ends it at once. SIGHUP where a
/// program has a use for it.
///
/// A mask and sigwait would not do: OpenBLAS starts threads while it is loaded, before `main` and with nothing blocked, and a
/// signal that such a thread takes would end the process. So a handler writes the signal's number into a pipe, whichever
/// thread it runs on, and the one thread reads it there.
package enum SignalThread {
    private static let stopping = [SIGTERM, SIGINT]
    /// A handler can carry no state of its own. Made by `install`, before the first signal can come.
    private static let pipe: (readEnd: Int32, writeEnd: Int32) = {
        var ends: [Int32] = [-1, -1]
        _ = Foundation.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A handler must not wait, however many signals come.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }()

    /// Installs the handlers. To be called before other threads are started: they inherit the mask, so that no system call of theirs
    /// is interrupted.
    package static func install(hangUp: Bool = false) {
        // What a broken pipe or a size limit does to a write is an error of that write.
        for ignored in [SIGPIPE, SIGXFSZ] { _ = signal(ignored, SIG_IGN) }
        _ = pipe
        let handled = stopping + (hangUp ? [SIGHUP] : [])
        var set = signalSet(handled)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        for number in handled {
            _ = signal(number) { number in
                let saved = errno
                var byte = UInt8(number)
                _ = write(SignalThread.pipe.writeEnd, &byte, 1)
                errno = saved
            }
        }
    }

    /// Starts the thread; signals that came since `install` are read first.
    package static func start(
        onStop: @escaping @Sendable (Int32) -> Void, onHangUp: (@Sendable () -> Void)? = nil
    ) {
        let thread = Thread {
            var set = signalSet(stopping + (onHangUp == nil ? [] : [SIGHUP]))
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
            var isStopping = false
            while true {
                let number = next()
                if number == SIGHUP {
                    onHangUp?()
                } else if isStopping {
                    _exit(128 + number)
                } else {
                    isStopping = true
                    onStop(number)
                }
            }
        }
        thread.name = "remit-signals"
        thread.start()
    }

    private static func next() -> Int32 {
        var byte: UInt8 = 0
        while read(pipe.readEnd, &byte, 1) != 1 {}
        return Int32(byte)
    }

    private static func signalSet(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }
}

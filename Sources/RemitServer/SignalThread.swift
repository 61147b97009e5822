import Foundation

/// Signals, read by one thread: the first SIGTERM or SIGINT asks for a drain, the second ends the process at once; SIGHUP
/// re-reads the key file.
///
/// A mask and sigwait would not do: OpenBLAS starts threads while it is loaded, before `main` and with nothing blocked, and a
/// signal that such a thread takes would end the process. So a handler writes the signal's number into a pipe, whichever
/// thread it runs on, and the one thread reads it there.
enum SignalThread {
    private static let handled = [SIGTERM, SIGINT, SIGHUP]
    /// A handler can carry no state of its own. Made by `install`, before the first signal can come.
    private static let pipe: (readEnd: Int32, writeEnd: Int32) = {
        var ends: [Int32] = [-1, -1]
        _ = Foundation.pipe(&ends)
        return (ends[0], ends[1])
    }()

    /// The program's first act: other threads inherit the mask, so that no system call of theirs is interrupted.
    static func install() {
        signal(SIGPIPE, SIG_IGN)
        _ = pipe
        var set = signalSet
        pthread_sigmask(SIG_BLOCK, &set, nil)
        for number in handled {
            signal(number) { number in
                var byte = UInt8(number)
                _ = write(SignalThread.pipe.writeEnd, &byte, 1)
            }
        }
    }

    static func start(
        onStop: @escaping @Sendable (Int32) -> Void, onHangUp: @escaping @Sendable () -> Void
    ) {
        let thread = Thread {
            var set = signalSet
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
            var isStopping = false
            while true {
                let number = next()
                if number == SIGHUP {
                    onHangUp()
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

    private static var signalSet: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in handled { sigaddset(&set, number) }
        return set
    }
}

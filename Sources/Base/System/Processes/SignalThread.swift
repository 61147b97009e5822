import Foundation

/// SIGTERM and SIGINT, read by one thread: the first asks the program to finish, the second ends it at once. SIGHUP where a
/// program has a use for it.
///
/// A mask and sigwait would not do: OpenBLAS starts threads while it is loaded, before `main` and with nothing blocked, and a
/// signal that such a thread takes would end the process. So a handler writes the signal's number into a pipe, whichever
/// thread it runs on, and the one thread reads it there.
package enum SignalThread {
    private static let stopping = [SIGTERM, SIGINT]
    /// What a broken pipe or a size limit does to a write is an error of that write. Programs that are started have them as usual.
    static let ignored = [SIGPIPE, SIGXFSZ]
    /// A handler can carry no state of its own. Made by `install`, before the first signal can come.
    private static let pipe = Result { () throws(SystemError) in try WakePipe() }

    /// Installs the handlers. To be called before other threads are started: they inherit the mask, so that no system call of theirs
    /// is interrupted.
    ///
    /// - Throws: `SystemError` where the process may open no file.
    package static func install(hangUp: Bool = false) throws(SystemError) {
        for ignored in ignored { _ = signal(ignored, SIG_IGN) }
        _ = try pipe.get()
        let handled = stopping + (hangUp ? [SIGHUP] : [])
        var set = signalSet(handled)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        for number in handled {
            _ = signal(number) { number in
                let saved = errno
                if case .success(let pipe) = SignalThread.pipe { pipe.wake(UInt8(number)) }
                errno = saved
            }
        }
    }

    /// Starts the thread, after `install`; signals that came since then are read first.
    ///
    /// - Throws: `SystemError` where the system has no thread or no pipe to give.
    package static func start(
        onStop: @escaping @Sendable (Int32) -> Void, onHangUp: (@Sendable () -> Void)? = nil
    ) throws(SystemError) {
        let pipe = try pipe.get()
        try DetachedThread.start("remit-signals", stackBytes: 1 << 20) {
            var set = signalSet(stopping + (onHangUp == nil ? [] : [SIGHUP]))
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
            var isStopping = false
            while true {
                let number = Int32(pipe.next())
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
    }

    private static func signalSet(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }
}

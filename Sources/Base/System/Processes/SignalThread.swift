import Foundation

/// Signals that ask the program to stop, read by one thread: the first asks it to finish, a second one ends it at once. SIGHUP for
/// something else where a program has a use for it.
///
/// A mask and sigwait would not do: OpenBLAS starts threads while it is loaded, before `main` and with nothing blocked, and a
/// signal that such a thread takes would end the process. So a handler writes the signal's number into a pipe, whichever
/// thread it runs on, and the one thread reads it there.
package enum SignalThread {
    /// What a broken pipe or a size limit does to a write is an error of that write. Programs that are started have them as usual.
    static let ignored = [SIGPIPE, SIGXFSZ]
    /// A handler can carry no state of its own. Made by `install`, before the first signal can come.
    private static let pipe = Result { () throws(SystemError) in try WakePipe() }

    /// Installs the handlers. To be called before other threads are started: they inherit the mask, so that no system call of theirs
    /// is interrupted.
    ///
    /// - Parameters:
    ///   - stopping: signals that ask to stop.
    ///   - keepsIgnored: whether a signal that whoever started the program had ignored (`nohup`) stays so.
    ///   - hangUp: whether SIGHUP is handled, as what `start` is given for it.
    /// - Throws: `SystemError` where the process may open no file.
    package static func install(
        stopping: [Int32] = [SIGTERM, SIGINT], keepsIgnored: Bool = false, hangUp: Bool = false
    ) throws(SystemError) {
        for ignored in ignored { _ = signal(ignored, SIG_IGN) }
        _ = try pipe.get()
        let handled = (stopping + (hangUp ? [SIGHUP] : [])).filter { !keepsIgnored || !isIgnored($0) }
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
    /// - Parameters:
    ///   - stopping: those that `install` was given.
    ///   - moment: how long after the first another one is the same, as `StopRequests` has it.
    ///   - onStop: called at the first, with its number.
    ///   - onEnd: called at the second, which ends the program with the exit status that it returns.
    ///   - onHangUp: called at each SIGHUP; nil where it is none of the program's, or asks to stop.
    /// - Throws: `SystemError` where the system has no thread or no pipe to give.
    package static func start(
        stopping: [Int32] = [SIGTERM, SIGINT], moment: Duration = .zero, onStop: @escaping @Sendable (Int32) -> Void,
        onEnd: @escaping @Sendable (Int32) -> Int32 = { 128 + $0 }, onHangUp: (@Sendable () -> Void)? = nil
    ) throws(SystemError) {
        let pipe = try pipe.get()
        try DetachedThread.start("remit-signals", stackBytes: 1 << 20) {
            var set = signalSet(stopping + (onHangUp == nil ? [] : [SIGHUP]))
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
            var requests = StopRequests(moment: moment)
            while true {
                let number = Int32(pipe.next())
                if number == SIGHUP, let onHangUp {
                    onHangUp()
                    continue
                }
                switch requests.received(at: .now) {
                case .stop: onStop(number)
                case .again: break
                case .endNow: _exit(onEnd(number))
                }
            }
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0, let handler = action.__sigaction_handler.sa_handler else {
            return false
        }
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func signalSet(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        return set
    }
}

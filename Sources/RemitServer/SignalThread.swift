import Foundation

/// Signals, read by one thread: the first SIGTERM or SIGINT asks for a drain, the second ends the process at once; SIGHUP
/// re-reads the key file.
enum SignalThread {
    /// Must be called before any other thread starts: threads inherit the mask, so no other ever gets these signals.
    static func blockSignals() {
        signal(SIGPIPE, SIG_IGN)
        var set = signalSet()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    static func start(
        onStop: @escaping @Sendable (Int32) -> Void, onHangUp: @escaping @Sendable () -> Void
    ) {
        let thread = Thread {
            var set = signalSet()
            var number: Int32 = 0
            var isStopping = false
            while true {
                guard sigwait(&set, &number) == 0 else { continue }
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

    private static func signalSet() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGHUP)
        return set
    }
}

import Foundation

/// Reads SIGINT and SIGTERM: the first one asks the program to save and stop, the second ends it at once.
enum SignalThread {
    private static var watched: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        return signals
    }

    /// The program's first act: threads inherit the mask, so that only `start`'s thread sees the signals.
    static func block() {
        var signals = watched
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    static func start(onFirst: @escaping @Sendable () -> Void) {
        let thread = Thread {
            wait()
            onFirst()
            wait()
            _exit(130)
        }
        thread.name = "remit-signals"
        thread.start()
    }

    private static func wait() {
        var signals = watched
        var number: Int32 = 0
        while sigwait(&signals, &number) != 0 {}
    }
}

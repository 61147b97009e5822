import Foundation

/// A program that runs as a process of its own, the first of a process group: what it has started ends with it.
///
/// Not Foundation's `Process`: that learns of an end through a socket which grandchildren inherit, so a shell that was ended while
/// what it had started lived on stayed a zombie.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum End: Equatable, Sendable {
        /// It ended by itself, with this status.
        case status(Int32)
        /// This signal ended it.
        case signal(Int32)

        /// The status as a shell tells it: 128 + n after signal n.
        package var shellStatus: Int32 {
            switch self {
            case .status(let status): status
            case .signal(let signal): 128 + signal
            }
        }
    }

    /// Descriptors that become the process's standard streams. They are only read from here: whoever made them closes them.
    package struct Streams: Sendable {
        /// nil: there is nothing to read.
        package var input: Int32?
        /// nil: our own.
        package var output: Int32?
        /// nil: our own.
        package var errors: Int32?

        package init(input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil) {
            self.input = input
            self.output = output
            self.errors = errors
        }
    }

    private let identifier: pid_t
    private let known = Locked<End?>(nil)
    /// CPU seconds of one that has ended.
    private let wholeCPUSeconds = Locked<Double?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: path of an executable file.
    ///   - environment: all of its environment.
    ///   - endsWithUs: where the system has setpriv, the process is killed when this one ends, however it does.
    /// - Throws: `SystemError` where it cannot be started.
    package init(
        _ program: String, _ arguments: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment, streams: Streams = Streams(),
        endsWithUs: Bool = false
    ) throws(SystemError) {
        let command = endsWithUs ? Self.kept([program] + arguments) : [program] + arguments
        var child: pid_t = 0
        let code = Self.spawn(&child, command, environment: environment, streams)
        guard code == 0 else { throw SystemError("start", program, code: code) }
        identifier = child
    }

    deinit { stop() }

    /// How it ended; nil while it runs. Never waits.
    package var end: End? {
        known.withLock { known in
            if known == nil { known = reaped() }
            return known
        }
    }

    /// How it ended, as soon as it has; nil where it still runs after so many milliseconds.
    package func end(withinMilliseconds milliseconds: Int) -> End? {
        for _ in 0..<milliseconds {
            if let end { return end }
            usleep(1000)
        }
        return end
    }

    /// Asks it to end (SIGTERM); what it has started is not asked. Does nothing where it has ended.
    package func terminate() {
        known.withLock { known in
            if known == nil { kill(identifier, SIGTERM) }
        }
    }

    /// Ends it and what it has started, and waits until it has gone.
    package func stop() {
        known.withLock { known in
            if known == nil { kill(-identifier, SIGKILL) }
        }
        while end == nil {
            var information = siginfo_t()
            _ = waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT)
        }
    }

    /// CPU seconds of all threads: so far, or all that it took where `end` has told its end. nil where the system has no /proc and it
    /// still runs.
    package var cpuSeconds: Double? {
        if let whole = wholeCPUSeconds.withLock(\.self) { return whole }
        guard let stat = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Where it has ended, what it has started ends too: while it is not yet reaped, its number cannot be another group's.
    private func reaped() -> End? {
        var information = siginfo_t()
        while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT | WNOHANG) != 0 {
            if errno != EINTR { return .status(-1) }
        }
        guard information.si_code != 0 else { return nil }
        kill(-identifier, SIGKILL)
        var status: Int32 = 0
        var usage = rusage()
        while wait4(identifier, &status, 0, &usage) != identifier {
            if errno != EINTR { return .status(-1) }
        }
        wholeCPUSeconds.withLock { $0 = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime) }
        let signal = status & 0x7f
        return signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}

extension ChildProcess {
    private static let keeper = "/usr/bin/setpriv"
    /// Killed before setpriv asked to be told of it, we would leave a process behind that nobody waits for.
    private static let unlessOrphaned = #"[ "$PPID" = "$0" ] && exec "$@""#

    /// The command behind the program that ends it with us, where the system has that.
    private static func kept(_ command: [String]) -> [String] {
        guard access(keeper, X_OK) == 0 else { return command }
        return [keeper, "--pdeathsig", "KILL", "/bin/sh", "-c", unlessOrphaned, "\(getpid())"] + command
    }

    /// 0, or the error's number.
    private static func spawn(
        _ child: inout pid_t, _ command: [String], environment: [String: String], _ streams: Streams
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input = streams.input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        if let output = streams.output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        if let errors = streams.errors { posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for ignored in SignalThread.ignored { sigaddset(&signals, ignored) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
        arguments.append(nil)
        variables.append(nil)
        defer { (arguments + variables).forEach { free($0) } }
        return posix_spawn(&child, command[0], &actions, &attributes, &arguments, &variables)
    }
}

import Foundation
import Glibc

/// `/bin/sh -c COMMAND` and our ends of its pipes, in a process group of its own: what the command starts ends with it.
///
/// Not Foundation's `Process`: that learns of an end through a socket which grandchildren inherit, so a shell that was ended while
/// what it had started lived on stayed a zombie.
final class ShellChild {
    enum End: Equatable {
        case status(Int32)
        case signal(Int32)
    }

    /// Write end of the command's standard input; non-blocking.
    let input: Int32
    /// Read end of the command's standard output; non-blocking.
    let output: Int32
    private let identifier: pid_t
    private var end: End?

    /// - Throws: POSIXError where no pipe or process is to be had.
    init(_ command: String) throws {
        var toChild: [Int32] = [-1, -1]
        var fromChild: [Int32] = [-1, -1]
        guard pipe(&toChild) == 0 else { throw Self.error(errno) }
        guard pipe(&fromChild) == 0 else {
            let number = errno
            toChild.forEach { close($0) }
            throw Self.error(number)
        }
        for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var child: pid_t = 0
        let failure = Self.spawn(command, input: toChild[0], output: fromChild[1], &child)
        close(toChild[0])
        close(fromChild[1])
        guard failure == 0 else {
            close(toChild[1])
            close(fromChild[0])
            throw Self.error(failure)
        }
        (input, output, identifier) = (toChild[1], fromChild[0], child)
        for descriptor in [input, output] { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
    }

    /// Closing its input lets a well-behaved program end by itself; the others are ended.
    deinit {
        close(input)
        close(output)
        _ = waitForEnd(milliseconds: 500)
        stop()
    }

    /// How it ended, as soon as it has; nil while it runs.
    func waitForEnd(milliseconds: Int) -> End? {
        for attempt in 0...milliseconds where end == nil {
            if attempt > 0 { usleep(1000) }
            reap(WNOHANG)
        }
        return end
    }

    /// Ends it and what it has started, and waits until it has gone.
    func stop() {
        guard end == nil else { return }
        kill(-identifier, SIGKILL)
        while end == nil { reap(0) }
    }

    /// Where it has ended, what it has started ends too: while it is not yet reaped, its number cannot be another group's.
    private func reap(_ options: Int32) {
        var information = siginfo_t()
        guard waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT | options) == 0 else {
            if errno != EINTR { end = .status(-1) }
            return
        }
        guard information.si_code != 0 else { return }
        kill(-identifier, SIGKILL)
        var status: Int32 = 0
        guard waitpid(identifier, &status, 0) == identifier else {
            if errno != EINTR { end = .status(-1) }
            return
        }
        let signal = status & 0x7f
        end = signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
    }

    private static func spawn(_ command: String, input: Int32, output: Int32, _ child: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var arguments: [UnsafeMutablePointer<CChar>?] = (["/bin/sh", "-c", command] as [String]).map { strdup($0) }
        var environment: [UnsafeMutablePointer<CChar>?] = ProcessInfo.processInfo.environment.map {
            strdup("\($0.key)=\($0.value)")
        }
        arguments.append(nil)
        environment.append(nil)
        defer { (arguments + environment).forEach { free($0) } }
        return posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, &environment)
    }

    private static func error(_ number: Int32) -> POSIXError { POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO) }
}

import Dispatch
import Foundation

/// Takes lines of log from every thread and writes them on one of its own, so that nobody waits for who reads them.
///
/// A reader that stalls, or a disk that is full, costs lines: what finds no room among those that wait, or cannot be written, is lost
/// and counted.
package final class LogSink: Sendable {
    private enum Item {
        case line([UInt8])
        /// Signalled when all that came before it has been written, or lost.
        case mark(DispatchSemaphore)
    }

    private struct Waiting {
        var items: [Item] = []
        var bytes = 0
        var lostLines = 0
    }

    private let descriptor: Int32
    private let maxWaitingBytes: Int
    private let waiting = Locked(Waiting())
    private let work = DispatchSemaphore(value: 0)

    /// Starts the thread, which runs until the process ends.
    ///
    /// - Parameters:
    ///   - descriptor: where lines are written; never closed here.
    ///   - maxWaitingBytes: of lines that have not been written yet.
    /// - Throws: `SystemError` where there is no thread.
    package init(descriptor: Int32 = STDERR_FILENO, maxWaitingBytes: Int = 1 << 20) throws(SystemError) {
        self.descriptor = descriptor
        self.maxWaitingBytes = maxWaitingBytes
        try DetachedThread.start("remit-log", stackBytes: 512 << 10) { [self] in run() }
    }

    /// Lines that were not written, and never will be.
    package var lostLines: Int { waiting.withLock { $0.lostLines } }

    /// Adds a line, line feed included. Never waits.
    package func add(_ line: [UInt8]) {
        let hasRoom = waiting.withLock { waiting in
            guard waiting.bytes + line.count <= maxWaitingBytes else {
                waiting.lostLines += 1
                return false
            }
            waiting.bytes += line.count
            waiting.items.append(.line(line))
            return true
        }
        if hasRoom { work.signal() }
    }

    /// Waits until what was added has been written; false where it has not by then.
    @discardableResult
    package func flush(within timeout: Duration) -> Bool {
        let mark = DispatchSemaphore(value: 0)
        waiting.withLock { $0.items.append(.mark(mark)) }
        work.signal()
        return mark.wait(timeout: .now() + timeout / .seconds(1)) == .success
    }

    private func run() {
        while true {
            work.wait()
            let items = waiting.withLock { waiting in
                let items = waiting.items
                waiting.items = []
                return items
            }
            for item in items { handle(item) }
        }
    }

    private func handle(_ item: Item) {
        switch item {
        case .mark(let mark): mark.signal()
        case .line(let line):
            let isWritten = write(line)
            waiting.withLock { waiting in
                waiting.bytes -= line.count
                if !isWritten { waiting.lostLines += 1 }
            }
        }
    }

    /// Blocks for as long as the reader does.
    private func write(_ line: [UInt8]) -> Bool {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                // Somebody else has made it non-blocking: a terminal that is shared, say.
                var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&polled, 1, -1)
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return true
    }
}

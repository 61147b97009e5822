import Glibc

/// Waits for descriptors.
package enum Polling {
    /// poll(2) until the deadline, not ended by signals.
    ///
    /// - Returns: the number of descriptors that are ready, 0 at the deadline, a negative one where poll fails.
    package static func wait(for descriptors: UnsafeMutableBufferPointer<pollfd>, until deadline: Deadline) -> Int {
        while true {
            let count = poll(descriptors.baseAddress, nfds_t(descriptors.count), deadline.millisecondsLeft)
            if count > 0 || (count < 0 && errno != EINTR) { return Int(count) }
            if count == 0, deadline.hasPassed { return 0 }
        }
    }

    /// Waits until a descriptor can be read, or is at its end. Returns false at the deadline, and where poll fails.
    package static func wait(for descriptor: Int32, until deadline: Deadline) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return withUnsafeMutablePointer(to: &polled) {
            wait(for: UnsafeMutableBufferPointer(start: $0, count: 1), until: deadline) > 0
        }
    }
}

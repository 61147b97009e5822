import Foundation

/// A value that threads share, reachable only under its lock.
///
/// The project's one lock for values. Synchronization.Mutex would be smaller, but on Linux it is futex code inside a library that
/// is not instrumented: ThreadSanitizer sees no order in it and reports everything that it guards. NSLock is a pthread mutex,
/// which it follows; `scripts/sanitize` runs over all that has threads because of that.
///
/// `@unchecked Sendable`: `value` is touched only while `lock` is held; what goes in and comes out is `sending`, so nothing that
/// is not Sendable can be reached from outside afterwards.
package final class Locked<Value>: @unchecked Sendable {
    @usableFromInline let lock = NSLock()
    @usableFromInline var value: Value

    @inlinable
    /// - Parameter value: given up by the caller, so that nothing else reaches it without the lock.
    package init(_ value: sending Value) { self.value = value }

    /// Runs `body` with the value while the lock is held. For moves of values only: who waits here is blocked for as long as `body`
    /// takes. Not recursive: a second call from `body` never returns.
    @inlinable
    package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

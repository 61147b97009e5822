import Foundation

/// Threads that nobody joins, through pthreads: Foundation's Thread does not say when none could be made.
package enum DetachedThread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// Runs `body` on a new thread.
    ///
    /// - Parameters:
    ///   - name: what tools show of the thread; nil: the program's name.
    ///   - stackBytes: address space; memory is only what is touched.
    /// - Throws: `SystemError` where the system has no thread to give.
    package static func start(
        _ name: String? = nil, stackBytes: Int, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        let code = start(stackBytes: stackBytes) {
            if let name { Thread.current.name = name }
            body()
        }
        guard code == 0 else { throw SystemError("start a thread", code: code) }
    }

    /// 0, or the error's number.
    private static func start(stackBytes: Int, _ body: @escaping @Sendable () -> Void) -> Int32 {
        // Memory for pthread_attr_init to fill: the type's own initializer belongs to a module that nobody should import.
        withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { memory in
            guard let attributes = memory.baseAddress, pthread_attr_init(attributes) == 0 else { return ENOMEM }
            defer { pthread_attr_destroy(attributes) }
            pthread_attr_setstacksize(attributes, stackBytes)
            pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
            return start(attributes, body)
        }
    }

    private static func start(_ attributes: UnsafePointer<pthread_attr_t>, _ body: @escaping () -> Void) -> Int32 {
        let context = Unmanaged.passRetained(Body(body))
        var thread: pthread_t = 0
        let status = pthread_create(
            &thread, attributes,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        if status != 0 { context.release() }
        return status
    }
}

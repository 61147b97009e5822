import Foundation

/// A thread of its own for each connection, through pthreads: Foundation's Thread does not say when none could be made.
enum DetachedThread {
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    /// - Parameter stackBytes: address space; memory is only what is touched. 1 MiB holds a JSON reader at its depth limit and
    ///   PCRE2 with room to spare, and a thousand connections stay within a gigabyte of address space.
    /// - Returns: false where the system has no thread to give.
    static func start(stackBytes: Int, _ body: @escaping @Sendable () -> Void) -> Bool {
        // Memory for pthread_attr_init to fill: the type's own initializer belongs to a module that nobody should import.
        withUnsafeTemporaryAllocation(of: pthread_attr_t.self, capacity: 1) { memory in
            guard let attributes = memory.baseAddress, pthread_attr_init(attributes) == 0 else { return false }
            defer { pthread_attr_destroy(attributes) }
            pthread_attr_setstacksize(attributes, stackBytes)
            pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
            return start(attributes, body)
        }
    }

    private static func start(_ attributes: UnsafePointer<pthread_attr_t>, _ body: @escaping () -> Void) -> Bool {
        let context = Unmanaged.passRetained(Body(body))
        var thread: pthread_t = 0
        let status = pthread_create(
            &thread, attributes,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        if status != 0 { context.release() }
        return status == 0
    }
}

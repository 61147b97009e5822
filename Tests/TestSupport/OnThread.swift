import Foundation

/// Runs blocking work (a socket, curl, waitpid, a semaphore) on a thread of its own, so that no test holds one of the
/// cooperative pool's few threads. The work stays in the test's task: what it expects is counted for that test.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(ThreadExecutor()) { try body() }
}

/// A new thread for each job.
private final class ThreadExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let thread = Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        thread.stackSize = 1 << 20
        thread.start()
    }
}

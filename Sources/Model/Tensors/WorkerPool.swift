import Foundation
import Synchronization
import System

/// A fixed number of threads, started once, that share out numbered pieces of work.
///
/// Who runs a piece is left to chance; so a piece must write only what no other piece writes, and its arithmetic must not
/// depend on `threads`. Results are then the same bits for every number of threads.
package final class WorkerPool: Sendable {
    /// Threads that work, the caller's included; fewer where the system has not so many to give.
    package let threads: Int
    /// The instruction set that ops run on.
    package let path: KernelPath

    private static let stackBytes = 8 << 20

    private let crew = WorkerCrew()
    private let oneCaller = NSLock()

    /// - Parameter threads: at least 1; with 1, all work runs on the caller's thread.
    package init(threads: Int, path: KernelPath = .best) {
        precondition(threads >= 1, "a WorkerPool needs at least one thread")
        precondition(KernelPath.supported.contains(path), "this CPU cannot run \(path.name)")
        self.threads = threads
        self.path = path
        for worker in 1..<max(threads, 1) {
            try? DetachedThread.start("remit-worker-\(worker)", stackBytes: Self.stackBytes) { [crew] in
                crew.work(as: worker)
            }
        }
    }

    deinit { crew.stop() }

    /// Runs `body(0)` ... `body(count - 1)`, each once, and returns when all are done. Must not be nested.
    package func forEach(_ count: Int, _ body: (Int) -> Void) {
        forEach(count) { item, _ in body(item) }
    }

    /// Runs `body` once for each item of 0 ..< count, with the number of the worker (0 ..< threads) that runs the piece, for scratch
    /// memory. Returns when all are done. Must not be nested.
    package func forEach(_ count: Int, _ body: (_ item: Int, _ worker: Int) -> Void) {
        if threads == 1 || count <= 1 {
            for item in 0..<max(count, 0) { body(item, 0) }
            return
        }
        oneCaller.withLock {
            withoutActuallyEscaping(body) { body in withUnsafePointer(to: body) { crew.run(count, $0) } }
        }
    }
}

/// What caller and workers share. `@unchecked Sendable`: every variable is read and written under `condition`'s lock; `next`
/// is atomic; `body` is called by several threads at once by design. It is reached through a pointer to the caller's copy, so
/// that no worker holds it when `run` returns.
private final class WorkerCrew: @unchecked Sendable {
    private let condition = NSCondition()
    private let next = Atomic<Int>(0)
    private typealias Body = UnsafePointer<(Int, Int) -> Void>
    private var body: Body?
    private var count = 0
    private var job = 0
    private var active = 0
    private var stopped = false

    func run(_ count: Int, _ body: UnsafePointer<(Int, Int) -> Void>) {
        condition.withLock {
            self.body = body
            self.count = count
            next.store(0, ordering: .relaxed)
            job += 1
            condition.broadcast()
        }
        take(count, body, worker: 0)
        condition.withLock {
            self.body = nil  // a worker that wakes only now joins no more
            while active > 0 { condition.wait() }
        }
    }

    func work(as worker: Int) {
        var seen = 0
        while let (job, count, body) = nextJob(after: seen) {
            seen = job
            take(count, body, worker: worker)
            condition.withLock {
                active -= 1
                if active == 0 { condition.broadcast() }
            }
        }
    }

    func stop() {
        condition.withLock {
            stopped = true
            condition.broadcast()
        }
    }

    private func nextJob(after seen: Int) -> (Int, Int, Body)? {
        condition.withLock {
            while !stopped {
                if job != seen, let body {
                    active += 1
                    return (job, count, body)
                }
                condition.wait()
            }
            return nil
        }
    }

    private func take(_ count: Int, _ body: Body, worker: Int) {
        while true {
            let item = next.add(1, ordering: .relaxed).oldValue
            if item >= count { return }
            body.pointee(item, worker)
        }
    }
}

import CPeak
import Foundation
import Tensors

/// What the machine can do at most: multiply-adds on operands in registers, on all threads at once.
final class PeakWork: Work {
    let description: String
    private let workers: WorkerPool

    init(threads: Int) {
        workers = WorkerPool(threads: threads)
        description = [PEAK_F32, PEAK_BF16].map { String(cString: peak_instruction(Int32($0))) }
            .joined(separator: "; ")
    }

    /// The best of many runs of a few milliseconds each, short enough to fall between other programs' time slices.
    let logProbs: [Float] = []
    func take(batchFile: String) {}

    func round() throws -> Report {
        var report = Report()
        for (name, kind) in [("f32", PEAK_F32), ("bf16", PEAK_BF16)] {
            var best = (cpu: 0.0, wall: 0.0)
            for _ in 0..<40 {
                let rate = rates(Int32(kind))
                best = (max(best.cpu, rate.cpu), max(best.wall, rate.wall))
            }
            report.set(name + "_flops_per_cpu_second", best.cpu)
            report.set(name + "_flops_per_second", best.wall)
        }
        return report
    }

    private func rates(_ kind: Int32) -> (cpu: Double, wall: Double) {
        let rounds = 200_000
        let pieces = workers.threads
        var done = [Double](repeating: 0, count: pieces)
        let (cpu, wall) = (seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC))
        done.withUnsafeMutableBufferPointer { done in
            workers.forEach(pieces) { done[$0] = peak_run(kind, rounds) }
        }
        let operations = done.reduce(0, +)
        return (
            operations / (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu), operations / (seconds(CLOCK_MONOTONIC) - wall)
        )
    }

    private func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}

import CKernels

/// One step of an exponential moving average (Polyak averaging with a constant decay): average += (1 - decay) (value - average).
///
/// - Parameters:
///   - values: as many as `average` has.
///   - decay: what is left of the average, from 0 to 1.
package func updateMovingAverage(
    _ average: UnsafeMutableBufferPointer<Float>, of values: UnsafeBufferPointer<Float>, decay: Double,
    workers: WorkerPool
) {
    precondition(average.count == values.count, "one value for each average")
    guard let target = average.baseAddress, let source = values.baseAddress else { return }
    let (share, piece) = (Float(1 - decay), 1 << 16)
    workers.forEach((values.count + piece - 1) / piece) { index in
        let first = index * piece
        remit_moving_average(
            workers.path.rawValue, min(piece, values.count - first), share, source + first, target + first)
    }
}

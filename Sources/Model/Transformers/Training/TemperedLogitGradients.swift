import Tensors

/// A part of dLoss/dlogit that is a factor of each scored row times softmax(logits / T).
struct TemperedLogitGradients {
    let inverseTemperature: Float
    let logSumExps: [Float]  // [rows], of logits / T
    let gradients: [Float]  // [rows]

    /// Calls `body` with what the head is given from a row on; nil where there is no such part.
    static func with(_ part: TemperedLogitGradients?, from row: Int, _ body: (Head.TemperedGradient?) -> Void) {
        guard let part else { return body(nil) }
        part.logSumExps.withUnsafeBufferPointer { logSumExps in
            part.gradients.withUnsafeBufferPointer { gradients in
                guard let logSumExps = logSumExps.baseAddress, let gradients = gradients.baseAddress else { return }
                body(
                    Head.TemperedGradient(
                        inverseTemperature: part.inverseTemperature, logSumExp: logSumExps + row,
                        gradients: gradients + row))
            }
        }
    }
}

import CKernels
import Foundation

/// One step of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) by the formula of torch.optim.AdamW, with decoupled
/// decay: p = p (1 - lr decay) - lr / (1 - beta1^step) * m / (sqrt(v / (1 - beta2^step)) + epsilon).
///
/// The moments take 1 - beta of the beta rounded to f32, where torch rounds 1 - beta: the two are 2e-7 of it apart at 0.95,
/// 1e-5 at 0.999, and over 1 % at 0.999999.
///
/// - Parameters:
///   - step: 1 at the first update.
///   - gradientScale: multiplies every gradient first (clipping).
package func adamWUpdate(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, firstMoments: UnsafeMutablePointer<Float>,
    secondMoments: UnsafeMutablePointer<Float>, count: Int, learningRate: Double, beta1: Double, beta2: Double,
    epsilon: Double, weightDecay: Double, step: Int, gradientScale: Float, workers: WorkerPool
) {
    precondition(step >= 1, "AdamW's first step is 1")
    let options = remit_adamw(
        learning_rate: Float(learningRate), beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
        weight_decay: Float(weightDecay), bias_correction1: Float(1 - pow(beta1, Double(step))),
        bias_correction2_sqrt: Float((1 - pow(beta2, Double(step))).squareRoot()), gradient_scale: gradientScale)
    let piece = 1 << 16
    workers.forEach((count + piece - 1) / piece) { index in
        let first = index * piece
        withUnsafePointer(to: options) {
            remit_adamw_update(
                workers.path.rawValue, $0, min(piece, count - first), parameters + first, gradients + first,
                firstMoments + first, secondMoments + first)
        }
    }
}

/// Sum of squares in f64, by blocks of 65,536 floats added in order: the same bits for every number of threads.
package func sumOfSquares(_ values: UnsafeBufferPointer<Float>, workers: WorkerPool) -> Double {
    guard let first = values.baseAddress else { return 0 }
    let piece = 1 << 16
    let pieces = (values.count + piece - 1) / piece
    var sums = [Double](repeating: 0, count: pieces)
    sums.withUnsafeMutableBufferPointer { sums in
        workers.forEach(pieces) { index in
            sums[index] = remit_sum_of_squares(
                workers.path.rawValue, min(piece, values.count - index * piece), first + index * piece)
        }
    }
    return sums.reduce(0, +)
}

/// Euclidean norm of a gradient, the root of `sumOfSquares`: the same bits for every number of threads.
package func gradientNorm(_ gradients: UnsafeBufferPointer<Float>, workers: WorkerPool) -> Double {
    sumOfSquares(gradients, workers: workers).squareRoot()
}

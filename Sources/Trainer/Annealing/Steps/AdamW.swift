import Tensors
import Transformers

/// AdamW over all of a model's parameters, with its two moments.
package final class AdamW {
    package let options: AdamWOptions
    /// Updates that were made.
    package internal(set) var updates = 0
    package let firstMoments: TensorBuffer
    package let secondMoments: TensorBuffer
    private let workers: WorkerPool

    package init(_ options: AdamWOptions, for student: TrainableTransformer, workers: WorkerPool) {
        self.options = options
        self.workers = workers
        firstMoments = TensorBuffer(count: student.values.count)
        secondMoments = TensorBuffer(count: student.values.count)
    }

    /// Updates the student from its gradients, each multiplied by `gradientScale` first.
    package func update(_ student: TrainableTransformer, learningRate: Double, gradientScale: Float) {
        updates += 1
        for parameter in student.parameters {
            let start = parameter.range.lowerBound
            adamWUpdate(
                parameters: student.values.baseAddress! + start, gradients: student.gradients.baseAddress! + start,
                firstMoments: firstMoments.base + start, secondMoments: secondMoments.base + start,
                count: parameter.range.count, learningRate: learningRate, beta1: options.beta1, beta2: options.beta2,
                epsilon: options.epsilon, weightDecay: parameter.decays ? options.weightDecay : 0, step: updates,
                gradientScale: gradientScale, workers: workers)
        }
        student.parametersDidChange()
    }

    /// The norm of the student's gradients before they are scaled.
    package func gradientNorm(_ student: TrainableTransformer) -> Double {
        Tensors.gradientNorm(UnsafeBufferPointer(student.gradients), workers: workers)
    }
}

import Tensors
import Transformers

/// AdamW over all of a model's parameters, with its two moments, and a moving average of the parameters where one is kept.
package final class AdamW {
    /// Decay rates, epsilon and groups of every update; the learning rate comes with each.
    package let options: AdamWOptions
    /// Updates that were made, those before a resume included: the bias correction depends on them.
    package internal(set) var updates = 0
    /// Running means of the gradients, in f32, each parameter's at its range of `student.values`; 0 before the first update.
    package let firstMoments: TensorBuffer
    /// Running means of the squared gradients, in f32, each parameter's at its range of `student.values`; 0 before the first update.
    package let secondMoments: TensorBuffer
    /// Exponential moving average of the parameters, in f32, laid out as they are: begins as the student that the run starts from, and
    /// follows each update. nil where none is kept.
    package let movingAverage: TensorBuffer?
    private let settings: [(rateFactor: Double, weightDecay: Double)]  // of each of the student's parameters
    private let workers: WorkerPool

    /// Makes moments of 0 for a student: 8 bytes a parameter, and 4 more for a moving average. That the groups of `options` are of the
    /// student's parameters was checked before.
    package init(_ options: AdamWOptions, for student: TrainableTransformer, workers: WorkerPool) {
        self.options = options
        self.workers = workers
        settings = student.parameters.map(options.settings)
        firstMoments = TensorBuffer(count: student.values.count)
        secondMoments = TensorBuffer(count: student.values.count)
        movingAverage = options.emaDecay.map { _ in
            let average = TensorBuffer(count: student.values.count, zeroed: false)
            student.withValues { _ = average.values.initialize(fromContentsOf: $0) }
            return average
        }
    }

    /// Bytes of the two moments of a student, and of its moving average where one is kept.
    package static func bytes(of student: TrainableTransformer, keepsAverage: Bool) -> Int {
        (keepsAverage ? 3 : 2) * student.values.count * MemoryLayout<Float>.stride
    }

    /// Updates the student from its gradients, each multiplied by `gradientScale` first, and packs its weights anew for the next
    /// forward. Parameters of a group have its own rate and decay.
    package func update(_ student: TrainableTransformer, learningRate: Double, gradientScale: Float) {
        updates += 1
        for (parameter, settings) in zip(student.parameters, settings) {
            let start = parameter.range.lowerBound
            adamWUpdate(
                parameters: student.values.baseAddress! + start, gradients: student.gradients.baseAddress! + start,
                firstMoments: firstMoments.baseAddress + start, secondMoments: secondMoments.baseAddress + start,
                count: parameter.range.count, learningRate: learningRate * settings.rateFactor, beta1: options.beta1,
                beta2: options.beta2, epsilon: options.epsilon, weightDecay: settings.weightDecay, step: updates,
                gradientScale: gradientScale, workers: workers)
        }
        if let decay = options.emaDecay, let movingAverage {
            updateMovingAverage(
                movingAverage.values, of: UnsafeBufferPointer(student.values), decay: decay, workers: workers)
        }
        student.parametersDidChange()
    }

    /// Euclidean norm of the student's gradients over all parameters, before they are scaled.
    package func gradientNorm(_ student: TrainableTransformer) -> Double {
        Tensors.gradientNorm(UnsafeBufferPointer(student.gradients), workers: workers)
    }
}

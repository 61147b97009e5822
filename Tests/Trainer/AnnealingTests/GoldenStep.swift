import Annealing
import Checkpoints
import Corpora
import Foundation
import Sequences
import Testing
import TestSupport
import Training
import Transformers

/// One optimizer step as PyTorch makes it in float64: the student, two windows, and what comes of them.
struct GoldenStep {
    /// Norm of the difference over norm.
    static let gradientTolerance = 1e-4
    static let lossTolerance = 1e-6
    /// AdamW's first update is nearly the sign of the gradient, in which a small difference shows most.
    static let updateTolerance = 1e-3

    let values: GoldenFile
    let student: Checkpoint
    /// Of each window, in the file's flat tokens.
    let ranges: [Range<Int>]
    let windows: [TrainingWindow]

    static func folder() throws -> String {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Goldens").path
    }

    init(_ name: String) throws {
        let folder = try Self.folder()
        values = try GoldenFile(folder + "/\(name).safetensors")
        student = try Checkpoint(directory: folder + "/student")
        let (windowStarts, segmentStarts) = try (values.ints("window_starts"), values.ints("segment_starts"))
        let ids = try values.ints("token_ids").map { Int32($0) }
        let scored = try values.ints("scored").map { $0 == 1 }
        let ranges = zip(windowStarts, windowStarts.dropFirst()).map { $0..<$1 }
        self.ranges = ranges
        windows = try ranges.map { range in
            TrainingWindow(
                tokenIDs: Array(ids[range]),
                segments: try Spans(
                    starts: segmentStarts.filter(range.contains).map { $0 - range.lowerBound }, tokenCount: range.count),
                scored: Array(scored[range]))
        }
    }

    var batch: StepBatch { StepBatch(step: 1, windows: windows, cursorAfter: DataCursor()) }

    /// - Parameter scale: of the student's gradients, which are divided by a sum of weights only when it is known.
    func expectUpdate(_ student: TrainableTransformer, gradientScale scale: Float = 1) throws {
        let (gradients, updated) = (student.copiedGradients, student.copiedValues)
        for parameter in student.parameters {
            let gradient = gradients[parameter.range].map { $0 * scale }
            #expect(
                distance(gradient, try values.floats("gradient." + parameter.name)) < Self.gradientTolerance,
                "\(parameter.name)")
            #expect(
                distance(Array(updated[parameter.range]), try values.floats("updated." + parameter.name))
                    < Self.updateTolerance, "\(parameter.name)")
        }
    }
}

import Tensors

/// Arithmetic of a model's matrix products. Everything else is f32 in either case.
package enum Precision: String, CaseIterable, Codable, Sendable {
    case f32
    /// Inputs of matrix products rounded to bf16, sums in f32.
    case bf16
}

extension Precision {
    /// Grows whenever a change of this library changes bits of scores in this precision.
    package var numericsVersion: Int {
        switch self {
        case .f32: 2  // 2: sums over keys, vocabulary and wide rows in blocks
        case .bf16: 3  // 2: attention's products too; 3: as 2 of f32
        }
    }

    /// Grows whenever a change of this library changes bits of a training run: those of scores, of gradients or of updates.
    package static var trainingNumericsVersion: Int { 2 }

    /// Form in which matrices are packed for this precision.
    package var format: MatrixFormat {
        switch self {
        case .f32: .f32
        case .bf16: .bf16
        }
    }
}

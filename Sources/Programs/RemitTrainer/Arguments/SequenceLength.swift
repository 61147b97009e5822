import Annealing
import Training

/// Tokens per training window.
enum SequenceLength {
    static let standard = 2048

    /// What was asked for, or what the model reads.
    static func resolved(_ asked: Int?, contextLength: Int) throws -> Int {
        guard asked ?? 0 <= contextLength else {
            throw TrainingError.sequenceTooLong(requested: asked ?? 0, contextLength: contextLength)
        }
        return asked ?? min(standard, contextLength)
    }
}

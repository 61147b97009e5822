import Checkpoints
import Digests
import RunFiles
import Tensors
import Transformers

/// The parameters that a run starts from. A checkpoint is opened once: what is trained, what is named and what static weights are taken from
/// are one model, though another be put into its directory meanwhile.
struct StudentSource {
    private enum Origin {
        case checkpoint(Checkpoint)
        case random(RandomStudent, ConfigurationObject)
    }
    private let origin: Origin

    /// Opens the files of a student that has any.
    ///
    /// - Parameter fields: of config.json that count as absent.
    /// - Throws: what is wrong with the checkpoint.
    init(_ student: TrainingPlan.Student, seed: UInt64, ignoring fields: Set<String>) throws {
        switch student {
        case .checkpoint(let directory):
            origin = .checkpoint(try Checkpoint(model: directory, ignoring: fields))
        case .random(let configuration, _):
            origin = .random(RandomStudent(configuration, seed: seed), configuration.ignoring(fields))
        }
    }

    /// The student before its first step.
    ///
    /// - Throws: what is wrong with the parameters.
    func student(precision: Precision, workers: WorkerPool) throws -> TrainableTransformer {
        switch origin {
        case .checkpoint(let files): try TrainableTransformer(checkpoint: files, precision: precision, workers: workers)
        case .random(let random, let configuration):
            try TrainableTransformer(
                configuration: configuration, seed: random.seed, precision: precision, workers: workers)
        }
    }

    /// Which parameters these are. Reads again only what `student` has not read.
    ///
    /// - Throws: what stops the reading.
    func fingerprint() throws -> SHA256Digest {
        switch origin {
        case .checkpoint(let files): try files.modelFingerprint()
        case .random(let random, _): random.fingerprint
        }
    }

    /// The same parameters, frozen; nil where they are random.
    ///
    /// - Throws: what is wrong with the parameters.
    func frozen(precision: Precision, workers: WorkerPool) throws -> FrozenTransformer? {
        guard case .checkpoint(let files) = origin else { return nil }
        return try FrozenTransformer(selfChecked: files, precision: precision, workers: workers)
    }
}

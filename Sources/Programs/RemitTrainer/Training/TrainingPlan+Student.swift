import Checkpoints
import Corpora
import Digests
import RunFiles
import Transformers

extension TrainingPlan {
    /// Where the student comes from.
    enum Student: Sendable {
        /// A Hugging Face directory.
        case checkpoint(String)
        /// Random weights of this architecture; the directory holds the tokenizer.
        case random(ConfigurationObject, textDirectory: String)

        var textDirectory: String {
            switch self {
            case .checkpoint(let directory): directory
            case .random(_, let directory): directory
            }
        }

        /// Directory of the checkpoint, for people.
        var name: String {
            switch self {
            case .checkpoint(let path): path
            case .random: "random weights"
            }
        }

        func textSide() throws -> TextSide {
            switch self {
            case .checkpoint(let directory):
                try ModelDirectory.check(directory)
                return try TextSide(directory: directory)
            case .random(let configuration, let directory):
                return try TextSide(directory: directory, configuration: configuration)
            }
        }

        /// Whether a run of an earlier version began with this student and said so in the way of its time.
        func isNamed(byEarlier fingerprint: String, seed: UInt64) -> Bool {
            guard case .random(let configuration, _) = self else { return false }
            return RandomStudent(configuration, seed: seed).earlierFingerprint.hex == fingerprint
        }
    }
}

import Checkpoints
import CommandLines
import Corpora
import Digests
import Tokenizers
import Transformers

/// Teacher and base that cannot be used together.
enum ModelPairError: Error, Equatable, Sendable, CustomStringConvertible {
    case tokenizersDiffer(teacher: String, base: String)

    var description: String {
        switch self {
        case .tokenizersDiffer(let teacher, let base):
            "teacher and base have different tokenizers: tokenizer_fingerprint \(teacher) and \(base); "
                + "token weights compare the two token by token, so take a pair of one lineage"
        }
    }
}

/// Models whose files are open, of known families, with tokenizers that agree. What can be refused without reading the
/// tensors is refused here, before the program listens.
struct ModelFiles: Sendable {
    let teacher: Checkpoint
    let base: Checkpoint?
    let text: TextSide
    let baseText: TextSide?

    init(_ configuration: ServerConfiguration) throws {
        let ignored = configuration.options.compute.ignoredConfigFields
        teacher = try Checkpoint(model: configuration.options.model.path, ignoring: ignored)
        base = try configuration.options.base.map { try Checkpoint(model: $0.path, ignoring: ignored) }
        text = try Self.text(of: teacher)
        baseText = try base.map(Self.text)
        let fingerprint = text.tokenizer.fingerprint
        if let other = baseText?.tokenizer.fingerprint, other != fingerprint {
            throw ModelPairError.tokenizersDiffer(teacher: fingerprint.hex, base: other.hex)
        }
    }

    static func text(of checkpoint: Checkpoint) throws -> TextSide {
        try TextSide(directory: checkpoint.directory)
    }

    /// Throws where the models together need more memory than they may take; then nothing is read.
    func checkMemory(_ loader: ModelLoader) throws {
        var held: [MemoryReservation] = []
        for checkpoint in [teacher, base].compactMap(\.self) {
            let footprint = try loader.footprint(of: checkpoint)
            held.append(try loader.budget.reserve(footprint.parameterBytes + footprint.scratchBytes))
            _ = try loader.budget.reserve(footprint.loadingBytes)
        }
        withExtendedLifetime(held) {}
    }
}

import Checkpoints
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
/// weights is refused here, before the program listens.
struct ModelFiles: Sendable {
    let teacher: Checkpoint
    let base: Checkpoint?
    let tokenizer: Tokenizer
    let baseTokenizer: Tokenizer?

    init(_ configuration: ServerConfiguration) throws {
        teacher = try Self.open(configuration.modelDirectory)
        base = try configuration.baseDirectory.map(Self.open)
        tokenizer = try Self.tokenizer(of: teacher)
        baseTokenizer = try base.map(Self.tokenizer)
        if let baseTokenizer, baseTokenizer.fingerprint != tokenizer.fingerprint {
            throw ModelPairError.tokenizersDiffer(
                teacher: tokenizer.fingerprint.hex, base: baseTokenizer.fingerprint.hex)
        }
    }

    static func open(_ directory: String) throws -> Checkpoint {
        let checkpoint = try Checkpoint(directory: directory)
        _ = try ModelFamilies.architecture(checkpoint.configuration)
        return checkpoint
    }

    static func tokenizer(of checkpoint: Checkpoint) throws -> Tokenizer {
        try Tokenizer(directory: checkpoint.directory)
    }

    /// Throws where the models together need more memory than they may take; then nothing is read.
    func checkMemory(_ loader: ModelLoader) throws {
        var held: [MemoryReservation] = []
        for checkpoint in [teacher, base].compactMap(\.self) {
            let footprint = try loader.footprint(of: checkpoint)
            held.append(try loader.budget.reserve(footprint.weightBytes + footprint.scratchBytes))
            _ = try loader.budget.reserve(footprint.loadingBytes)
        }
        withExtendedLifetime(held) {}
    }
}

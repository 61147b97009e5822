import ArgumentParser
import Checkpoints
import CommandLines

/// How the parameters of a result are written.
struct ParameterArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Element type of the resulting parameters: f32 or bf16.", valueName: "type"))
    var outDtype = OutputType.bf16

    @Option(
        in: ArgumentRanges.bytes,
        help: ArgumentHelp("The resulting parameters are cut into files of at most this size.", valueName: "size"))
    var maxShardSize = ByteCount(5_000_000_000)

    /// Element type of the resulting parameters.
    var elementType: ElementType { outDtype == .bf16 ? .bf16 : .f32 }
}

/// Element type of the resulting parameters.
enum OutputType: String, CaseIterable, ExpressibleByArgument {
    case f32, bf16
}

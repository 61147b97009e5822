import ArgumentParser
import CommandLines
import Transformers

/// Where models are kept packed, for every command that loads one.
package struct PackedCacheArguments: ParsableArguments {
    package init() {}

    @Option(
        help: ArgumentHelp(
            "Keep models packed in this directory, and map them from there: ready in a moment, their pages shared by all processes "
                + "(default: they are packed into memory at each start).", valueName: "dir"), completion: .directory)
    package var packedCache: PathArgument?

    /// The directory, and who is told of it.
    func cache(report: @escaping @Sendable (String) -> Void) -> PackedModelCache? {
        packedCache.map { PackedModelCache($0.path, report: report) }
    }
}

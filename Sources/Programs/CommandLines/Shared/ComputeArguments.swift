import ArgumentParser
import Tensors

/// What a command computes with: threads and kernels, and which fields of a model's config.json it passes over.
package struct ComputeArguments: ParsableArguments {
    package init() {}

    /// Threads that compute; nil for one a CPU that the control group's quota gives.
    @Option(
        in: ArgumentRanges.threads,
        help: ArgumentHelp(
            "Threads that compute (default: one a CPU that the control group's quota gives). They change no result.",
            valueName: "threads"))
    package var threads: Int?

    /// The instruction set that was asked for; nil for the CPU's best.
    @Option(
        help: ArgumentHelp(
            "Compute on this instruction set instead of the CPU's best; the names in /info and remit.json do too.",
            valueName: "path"))
    package var kernelPath: KernelPath?

    /// Fields of config.json that count as absent, in the order given.
    @Option(
        help: ArgumentHelp(
            "Load models although this field of config.json is not known here, as one that changes no number. Repeatable.",
            valueName: "name"))
    package var ignoreConfigField: [IgnoredConfigField] = []
}

extension ComputeArguments {
    /// Threads that compute: as many as were asked for, else one a CPU that the control group's quota gives.
    package var threadsInForce: Int { threads ?? ProcessorShare.threads() }

    /// Names of the fields of config.json that count as absent.
    package var ignoredConfigFields: Set<String> { Set(ignoreConfigField.map(\.name)) }

    /// The instruction set in force.
    ///
    /// - Throws: `UnsupportedKernelPath` where the CPU has not what was asked for.
    package func chosenKernelPath() throws -> KernelPath { try KernelPath.chosen(kernelPath) }

    /// Threads of their own, on the instruction set in force.
    ///
    /// - Throws: `UnsupportedKernelPath` where the CPU has not what was asked for.
    package func workers() throws -> WorkerPool { WorkerPool(threads: threadsInForce, path: try chosenKernelPath()) }
}

import ArgumentParser
import Tensors

extension KernelPath: ExpressibleByArgument {
    /// The path by the name of its case, or by what /info and remit.json call it; nil where it is none.
    package init?(argument: String) { self.init(named: argument) }

    /// The names of the cases, for help and completion.
    package static var allValueStrings: [String] { allCases.map { "\($0)" } }

    static var help: ArgumentHelp {
        ArgumentHelp(
            "Compute on this instruction set instead of the CPU's best; the names in /info and remit.json do too.",
            valueName: "path")
    }
}

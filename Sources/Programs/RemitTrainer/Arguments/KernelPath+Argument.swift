import ArgumentParser
import Tensors

extension KernelPath: ExpressibleByArgument {
    package init?(argument: String) { self.init(named: argument) }

    package static var allValueStrings: [String] { allCases.map { "\($0)" } }

    static var help: ArgumentHelp {
        ArgumentHelp(
            "Compute on this instruction set instead of the CPU's best; the names in /info and remit.json do too.",
            valueName: "path")
    }
}

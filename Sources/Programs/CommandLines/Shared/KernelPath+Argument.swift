import ArgumentParser
import JSONValues
import Tensors

extension KernelPath: ExpressibleByArgument, SettingValue {
    /// The path by the name of its case, or by what /info and remit.json call it; nil where it is none.
    package init?(argument: String) { self.init(named: argument) }

    /// The names of the cases, for help and completion.
    package static var allValueStrings: [String] { allCases.map { "\($0)" } }

    /// The name of the case, as the flag takes it.
    package var setting: JSONValue { .string("\(self)") }
}

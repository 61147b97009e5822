import ArgumentParser

/// Flags that take a number: `@Option(in: 1...1024, help: "Threads.") var threads = 2`. A number flag without a range does not pass
/// the tests.
extension Option {
    /// A flag with a default, which must be in the range itself.
    package init<Bounds: ArgumentBounds>(wrappedValue: Value, in bounds: Bounds, help: ArgumentHelp)
    where Bounds.Bound == Value {
        precondition(bounds.contains(wrappedValue), "a default is in its range")
        self.init(
            wrappedValue: wrappedValue, help: help.stating(bounds, standard: wrappedValue),
            transform: { try bounds.number($0) })
    }

    /// A flag that must be given.
    package init<Bounds: ArgumentBounds>(in bounds: Bounds, help: ArgumentHelp) where Bounds.Bound == Value {
        self.init(help: help.stating(bounds, standard: nil), transform: { try bounds.number($0) })
    }

    /// A flag that may be left out; nil then.
    package init<Bounds: ArgumentBounds>(in bounds: Bounds, help: ArgumentHelp) where Value == Bounds.Bound? {
        self.init(
            help: help.stating(bounds, standard: nil),
            transform: { (text: String) -> Bounds.Bound in try bounds.number(text) })
    }
}

extension ArgumentHelp {
    /// The range behind the first sentence, and the default, which the parser itself adds only where it parses.
    fileprivate func stating<Bounds: ArgumentBounds>(_ bounds: Bounds, standard: Bounds.Bound?) -> ArgumentHelp {
        var help = self
        help.abstract += " (\(bounds.written)" + (standard.map { "; default: \($0.written))" } ?? ")")
        return help
    }
}

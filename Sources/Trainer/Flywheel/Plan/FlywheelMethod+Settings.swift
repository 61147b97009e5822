extension FlywheelMethod {
    /// Values of epsilon that are compared with the paper's.
    package static let epsilons = [0.1, 0.3, 0.5, 0.9]

    /// Methods with one setting changed: the learning rate, epsilon.
    static let settings: [FlywheelMethod] =
        ["ntp", "remit", "kd"].flatMap { name in
            compared.filter { $0.name == name }.flatMap { method in
                [("low", 0.5), ("high", 2)].map { word, factor in
                    FlywheelMethod(
                        name: "\(name)-\(word)-rate", teacher: method.teacher, arguments: method.arguments,
                        rateFactor: factor, description: "\(name) at \(factor) times the learning rate")
                }
            }
        }
        + epsilons.map { epsilon in
            method(
                "remit-epsilon-\(epsilon)", .reinforced, ["--weighting", "remit", "--epsilon", "\(epsilon)"],
                "remit with epsilon \(epsilon)")
        }

    /// Place of a method on a trend over epsilon: the clip of one that is remit with another epsilon, 0 of the baseline; nil of all others.
    var epsilon: Double? {
        guard name != Self.baseline else { return 0 }
        guard let at = arguments.firstIndex(of: "--epsilon"), at + 1 < arguments.count else { return nil }
        return Double(arguments[at + 1])
    }
}

import Transformers

extension AdamWOptions {
    /// Checks that each pattern of each group names a parameter, and that no parameter is in two groups.
    ///
    /// - Throws: `TrainingError.badOption`, with the names that there are.
    package func check(_ parameters: [Parameter]) throws {
        let names = parameters.map(\.name)
        for group in parameterGroups ?? [] {
            if let pattern = group.unmatched(among: names).first {
                throw TrainingError.badOption(
                    "parameter-group", value: "'\(group)'",
                    expected: "names of the student's parameters: none is \(pattern). They are \(Self.kinds(names))")
            }
        }
        for name in names {
            let groups = (parameterGroups ?? []).filter { $0.contains(name) }
            guard groups.count < 2 else {
                throw TrainingError.badOption(
                    "parameter-group", value: "'\(groups[1])'",
                    expected: "no parameter of another group, and \(name) is in '\(groups[0])' too")
            }
        }
    }

    /// Learning rate of a parameter as a factor of the run's, and its weight decay.
    func settings(of parameter: Parameter) -> (rateFactor: Double, weightDecay: Double) {
        let standard = parameter.decays ? weightDecay : 0
        guard let group = parameterGroups?.first(where: { $0.contains(parameter.name) }) else { return (1, standard) }
        return (group.learningRateFactor, group.weightDecay ?? standard)
    }

    /// All names, a star for the numbers of the layers.
    private static func kinds(_ names: [String]) -> String {
        var seen: Set<String> = []
        return names.map { $0.replacing(/\.\d+\./, with: ".*.") }.filter { seen.insert($0).inserted }
            .joined(separator: ", ")
    }
}

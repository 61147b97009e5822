extension FlywheelPlan {
    /// Seeds of the bases that the plan is for, whatever part of them `seeds` is: the first `plannedBases` of its preset's. nil where no number
    /// is planned, or the plan began as no preset.
    var plannedSeeds: [UInt64]? {
        guard let plannedBases, let preset = FlywheelPreset(rawValue: preset),
            let whole = try? preset.plan(families: families)
        else { return nil }
        return Array(whole.seeds.prefix(plannedBases))
    }

    /// Seeds that are there of those that are planned, and those that are there beside them.
    var presentSeeds: (planned: [UInt64], others: [UInt64]) {
        guard let plannedSeeds else { return (seeds, []) }
        return (seeds.filter(plannedSeeds.contains), seeds.filter { !plannedSeeds.contains($0) })
    }

    /// Whether bases of these seeds are all the planned ones and no others.
    func isWhole(_ seeds: some Sequence<UInt64>) -> Bool {
        let found = Set(seeds)
        if let plannedSeeds { return found == Set(plannedSeeds) }
        return found == Set(self.seeds) && found.count >= plannedBases ?? found.count
    }

    /// Whether the methods that a trend over epsilon is drawn through are those of the preset that the plan began as.
    var hasPlannedEpsilons: Bool {
        guard let preset = FlywheelPreset(rawValue: preset), let whole = try? preset.plan(families: families) else {
            return true
        }
        let names = { (methods: [FlywheelMethod]) in Set(methods.filter { $0.epsilon != nil }.map(\.name)) }
        return names(methods) == names(whole.methods)
    }

    /// Compares the methods of these names, and the baseline, in place of the preset's. What was claimed of methods that are no longer among them
    /// is claimed no more: such a plan is exploratory.
    ///
    /// - Throws: `FlywheelError.unknownMethod`.
    package mutating func compare(_ names: [String]) throws(FlywheelError) {
        let before = methods.map(\.name)
        var found = [try FlywheelMethod.named(FlywheelMethod.baseline)]
        for name in names where name != FlywheelMethod.baseline { found.append(try FlywheelMethod.named(name)) }
        methods = found
        let kept = Set(found.map(\.name))
        postTrained.removeAll { !kept.contains($0) }
        guard contrasts != nil, !before.allSatisfy(kept.contains) else { return }
        contrasts = []
        if !kept.contains(FlywheelMethod.oracle) { sections?.removeAll { $0 == .oracleGap } }
        // A trend goes through the baseline and one other at least.
        if found.count(where: { $0.epsilon != nil }) < 2 { sections?.removeAll { $0 == .epsilon } }
        primaryMeasure =
            "none: the methods are others than those of the preset \(preset), whose claim is not made; exploratory, differences to "
            + "\(FlywheelMethod.baseline) with their intervals and no p"
    }
}

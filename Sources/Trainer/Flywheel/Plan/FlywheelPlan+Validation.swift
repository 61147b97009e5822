extension FlywheelPlan {
    /// Checks what can be told before anything runs: seeds, names, rounds, and the parts of the evaluation.
    ///
    /// - Throws: `FlywheelError.badPlan` with the rule that is broken, or `.unknownMethod` where a post-trained method is none of
    ///   the plan's.
    package func validate() throws(FlywheelError) {
        func require(_ holds: Bool, _ what: String) throws(FlywheelError) {
            guard holds else { throw .badPlan(reason: what) }
        }
        let names = methods.map(\.name)
        try require(!seeds.isEmpty && Set(seeds).count == seeds.count, "seeds are one or more different numbers")
        try require(Set(names).count == names.count, "a method is named once")
        for name in postTrained where !names.contains(name) { throw .unknownMethod(name: name, known: names) }
        try require((1...Self.mostRounds).contains(rounds), "rounds are 1 to \(Self.mostRounds)")
        try require(
            evaluation.parts >= 1 && midTraining.steps % evaluation.parts == 0,
            "mid-training's \(midTraining.steps) steps divide into the \(evaluation.parts) parts of its evaluation")
        try require(
            evaluation.parts == 1 || methods.allSatisfy { $0.stepsFactor == nil },
            "a method of more steps is evaluated at its end only: evaluation in 1 part")
        for (at, method) in methods.enumerated() {
            for member in method.averaged ?? [] {
                try require(
                    methods[..<at].contains { $0.name == member && $0.averaged == nil },
                    "\(method.name) is an average of \(member), which stands before it and trains")
            }
        }
        try validateTeachers(names)
        try require(
            evaluation.parts == 1 || methods.allSatisfy { $0.averaged == nil },
            "an average has no way to it, only an end: evaluation in 1 part")
        try require(
            (contrasts?.count ?? 0) <= FlywheelContrast.most, "at most \(FlywheelContrast.most) contrasts are named")
        for name in (contrasts ?? []).flatMap({ [$0.method, $0.other] }) where !names.contains(name) {
            throw .unknownMethod(name: name, known: names)
        }
        for contrast in contrasts ?? [] where contrast.measure.phase != .mid {
            try require(
                isPostTrained(contrast.method) && isPostTrained(contrast.other),
                "\(contrast.method) and \(contrast.other) are post-trained: a contrast of theirs is measured after it")
        }
        try require(plannedBases ?? 1 >= 1, "one or more bases are planned")
        try require(
            rounds == 1 || postTrained.contains(nextTeacher),
            "with more than one round, \(nextTeacher) is among the methods and post-trained: it teaches the next")
    }

    /// Whoever teaches is there, and post-trained, before whom it teaches.
    private func validateTeachers(_ names: [String]) throws(FlywheelError) {
        for (at, method) in methods.enumerated() {
            if let teacher = method.teacherMethod {
                guard names[..<at].contains(teacher), isPostTrained(teacher) else {
                    throw .badPlan(
                        reason: "\(method.name) is taught by \(teacher), which stands before it and is post-trained")
                }
            }
            guard method.corpus?.needsTeacher != true || rounds == 1 else {
                throw .badPlan(reason: "\(method.name) has a corpus of the first teacher's: one round")
            }
        }
    }
}

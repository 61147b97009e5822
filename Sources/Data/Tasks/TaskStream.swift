/// What a stream is made of.
package struct TaskMix: Sendable {
    package let reasoningShare: Double
    package let families: [any TaskFamily]
    /// Of the reasoning documents: how many end with a wrong answer.
    package let wrongShare: Double

    /// - Parameter families: names, each as likely as the others; a name given twice is twice as likely.
    package init(
        reasoningShare: Double = 0.5, families: [String] = TaskFamilies.names, wrongShare: Double = 0
    ) throws(TaskError) {
        for (name, share) in [("reasoning share", reasoningShare), ("wrong share", wrongShare)] {
            guard (0...1).contains(share) else { throw .shareOutOfRange(name: name, got: share) }
        }
        guard !families.isEmpty || reasoningShare == 0 else { throw .noFamilies }
        self.reasoningShare = reasoningShare
        var found: [any TaskFamily] = []
        for name in families { found.append(try TaskFamilies.named(name)) }
        self.families = found
        self.wrongShare = wrongShare
    }
}

/// Documents without end, each a pure function of the seed and its place: two streams of one seed agree, and any place can be
/// gone to at once.
package struct TaskStream: Sendable, IteratorProtocol {
    package let mix: TaskMix
    package let split: TaskSplit
    package let seed: UInt64
    /// The place of the next document.
    package var index = 0

    package init(_ mix: TaskMix, _ split: TaskSplit = .training, seed: UInt64) {
        self.mix = mix
        self.split = split
        self.seed = seed
    }

    package mutating func next() -> TaskDocument? {
        defer { index += 1 }
        return document(at: index)
    }

    package func document(at index: Int) -> TaskDocument {
        var random = TaskRandom(seed: seed, index: index)
        guard random.chance(mix.reasoningShare) else { return TaskDocument(filler: Filler.draw(split, using: &random)) }
        let problem = random.element(of: mix.families).draw(split, using: &random)
        guard random.chance(mix.wrongShare) else { return TaskDocument(problem) }
        return TaskDocument(wrong: problem, using: &random)
    }

    /// The problem at a place of an endless list for reinforcement: its families are the mix's, one as likely as another.
    package func problem(at index: Int) -> TaskProblem {
        var random = TaskRandom(seed: ~seed, index: index)
        return random.element(of: mix.families).draw(split, using: &random)
    }
}

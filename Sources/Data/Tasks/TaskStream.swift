/// Shares and families from which a stream draws its documents.
package struct TaskMix: Sendable {
    /// Probability that a document is a problem and not filler. 0 to 1.
    package let reasoningShare: Double
    /// Families of the problems, one entry as likely as another; empty only where no document is a problem.
    package let families: [any TaskFamily]
    /// Probability that a problem's document ends with a wrong answer. 0 to 1.
    package let wrongShare: Double

    /// Checks the shares and looks the families up.
    ///
    /// - Parameter families: names, each as likely as the others; a name given twice is twice as likely.
    /// - Throws: `TaskError.shareOutOfRange` for a share outside 0 to 1, `.unknownFamily`, and `.noFamilies` where there may be
    ///   problems but no family is named.
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
    /// Shares and families of the documents.
    package let mix: TaskMix
    /// Side of the split to which every document belongs, filler included.
    package let split: TaskSplit
    /// Number that, with a document's place, decides the document.
    package let seed: UInt64
    /// Place of the document that `next()` gives. From 0; may be set to go anywhere.
    package var index = 0

    /// Begins at place 0; nothing is drawn yet.
    package init(_ mix: TaskMix, _ split: TaskSplit = .training, seed: UInt64) {
        self.mix = mix
        self.split = split
        self.seed = seed
    }

    /// Gives the document at `index` and moves on by one. Never nil: the stream has no end.
    package mutating func next() -> TaskDocument? {
        defer { index += 1 }
        return document(at: index)
    }

    /// Makes the document at a place of the stream, a problem or filler by the shares of the mix. Neither reads nor moves `index`.
    package func document(at index: Int) -> TaskDocument {
        var random = TaskRandom(seed: seed, index: index)
        guard random.chance(mix.reasoningShare) else { return TaskDocument(filler: Filler.draw(split, using: &random)) }
        let problem = random.element(of: mix.families).draw(split, using: &random)
        guard random.chance(mix.wrongShare) else { return TaskDocument(problem) }
        return TaskDocument(wrong: problem, using: &random)
    }

    /// Makes the problem at a place of an endless list for reinforcement, of the stream's split, its families one as likely as
    /// another.
    ///
    /// The list is drawn apart from the documents of the same seed. The mix must have at least one family.
    package func problem(at index: Int) -> TaskProblem {
        var random = TaskRandom(seed: ~seed, index: index)
        return random.element(of: mix.families).draw(split, using: &random)
    }
}

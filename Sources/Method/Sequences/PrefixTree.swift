/// Sequences of token ids as a tree in which what several have in common at their beginnings stands once.
///
/// Beginnings are compared in steps of `grain` tokens, the last of a sequence may be shorter: two sequences part at a multiple of the
/// grain, or share all where they are the same.
/// Complexity: adding a sequence, or asking for what it shares, is linear in its length, whatever the tree holds. Steps are found by
/// hashes that are seeded at random, so that no sequences can be made to collide.
package struct PrefixTree: Sendable {
    /// Tokens in a step.
    package static let grain = 16

    private struct Step: Hashable {
        /// Number of the step before it; -1 at the beginning.
        let before: Int
        let count: Int
        let tokenIDs: SIMD16<Int32>  // 0 from `count` on

        init(_ before: Int, _ ids: ArraySlice<Int32>) {
            var padded = SIMD16<Int32>()
            for (place, id) in ids.enumerated() { padded[place] = id }
            (self.before, count, tokenIDs) = (before, ids.count, padded)
        }
    }

    private var numbers: [Step: Int] = [:]
    /// Of each step, the one before it; -1 at the beginning.
    private var parents: [Int] = []
    /// Of each step, where its tokens end in `tokenIDs`.
    private var ends: [Int] = []
    /// Of each sequence, its last step.
    private var lastSteps: [Int] = []
    /// Ids of all steps, in the order in which they came. [tokens of the tree]
    package private(set) var tokenIDs: [Int32] = []

    /// A tree without sequences.
    package init() {}

    /// A tree of these sequences, none of them empty.
    package init(_ sequences: some Sequence<ArraySlice<Int32>>) {
        for sequence in sequences { insert(sequence) }
    }

    /// Tokens at the beginning of a sequence that the tree has.
    package func sharedTokens(of sequence: ArraySlice<Int32>) -> Int {
        var (before, shared) = (-1, 0)
        for ids in Self.steps(of: sequence) {
            guard let known = numbers[Step(before, ids)] else { break }
            before = known
            shared += ids.count
        }
        return shared
    }

    /// Adds a sequence, which must not be empty.
    package mutating func insert(_ sequence: ArraySlice<Int32>) {
        precondition(!sequence.isEmpty, "a sequence has at least one token")
        var (before, isNew) = (-1, false)
        for ids in Self.steps(of: sequence) {
            let step = Step(before, ids)
            if !isNew, let known = numbers[step] {
                before = known
                continue
            }
            isNew = true  // nothing stands behind a step that has just come
            numbers[step] = parents.count
            parents.append(before)
            tokenIDs += ids
            ends.append(tokenIDs.count)
            before = parents.count - 1
        }
        lastSteps.append(before)
    }

    private static func steps(of sequence: ArraySlice<Int32>) -> some Sequence<ArraySlice<Int32>> {
        stride(from: sequence.startIndex, to: sequence.endIndex, by: grain).lazy.map {
            sequence[$0..<min($0 + grain, sequence.endIndex)]
        }
    }
}

extension PrefixTree {
    /// Tokens of a tree that follow each other and are followed by the same ones in every sequence that goes on behind them.
    package struct Run: Sendable, Equatable {
        /// Positions of its tokens in the sequences.
        package let positions: Range<Int>
        /// Places of its tokens among those of the tree, as many as positions.
        package let places: Range<Int>
        /// Number of the run before it; nil at the beginning of sequences.
        package let before: Int?

        package init(positions: Range<Int>, places: Range<Int>, before: Int?) {
            precondition(positions.count == places.count && (before == nil) == (positions.lowerBound == 0))
            (self.positions, self.places, self.before) = (positions, places, before)
        }
    }

    /// The tree cut into as few runs as can be, each behind the one before it; and of each sequence the run that its last token is in,
    /// which may go on behind it.
    package func runs() -> (runs: [Run], last: [Int]) {
        var followers = [Int](repeating: 0, count: parents.count)
        for parent in parents where parent >= 0 { followers[parent] += 1 }
        var runs: [Run] = []
        var runOfStep: [Int] = []
        for (step, parent) in parents.enumerated() {
            let places = (step > 0 ? ends[step - 1] : 0)..<ends[step]
            if parent >= 0, parent == step - 1, followers[parent] == 1, let last = runs.popLast() {
                runs.append(
                    Run(
                        positions: last.positions.lowerBound..<last.positions.upperBound + places.count,
                        places: last.places.lowerBound..<places.upperBound, before: last.before))
            } else {
                let before = parent >= 0 ? runOfStep[parent] : nil
                let start = before.map { runs[$0].positions.upperBound } ?? 0
                runs.append(Run(positions: start..<start + places.count, places: places, before: before))
            }
            runOfStep.append(runs.count - 1)
        }
        return (runs, lastSteps.map { runOfStep[$0] })
    }

    /// Numbers of the sequences in an order in which those that begin alike stand together, the more alike the nearer; else they stand as
    /// they came.
    package func together() -> [Int] {
        // Steps in the order of a walk through the tree: a step, then all behind it, first come first.
        var firstBehind = [Int](repeating: -1, count: parents.count)
        var (next, firstRoot) = (firstBehind, -1)
        for (step, parent) in parents.enumerated().reversed() {
            next[step] = parent >= 0 ? firstBehind[parent] : firstRoot
            if parent >= 0 { firstBehind[parent] = step } else { firstRoot = step }
        }
        var sequences = [[Int]](repeating: [], count: parents.count)
        for (sequence, step) in lastSteps.enumerated() { sequences[step].append(sequence) }
        var (order, waiting) = ([Int](), firstRoot >= 0 ? [firstRoot] : [])
        while let step = waiting.popLast() {
            order += sequences[step]
            if next[step] >= 0 { waiting.append(next[step]) }
            if firstBehind[step] >= 0 { waiting.append(firstBehind[step]) }
        }
        return order
    }
}

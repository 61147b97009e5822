import Sequences
import TestSupport
import Testing

@Suite struct PrefixTreeTests {
    /// Ids that tell their own place; those of another `branch` differ from there on.
    private static func ids(_ count: Int, branch: Int32 = 0, from start: Int = 0) -> [Int32] {
        (0..<count).map { Int32($0) + ($0 >= start ? 10_000 * branch : 0) }
    }

    private static func tree(_ sequences: [[Int32]]) -> PrefixTree { PrefixTree(sequences.map { $0[...] }) }

    private static func shape(_ sequences: [[Int32]]) -> [PrefixTree.Run] { tree(sequences).runs().runs }

    private static func run(_ positions: Range<Int>, at place: Int, behind before: Int? = nil) -> PrefixTree.Run {
        PrefixTree.Run(positions: positions, places: place..<place + positions.count, before: before)
    }

    @Test func nothingIsNoRun() {
        let tree = Self.tree([])
        #expect(tree.runs().runs.isEmpty && tree.runs().last.isEmpty && tree.together().isEmpty)
        #expect(tree.tokenIDs.isEmpty && tree.sharedTokens(of: [1, 2]) == 0 && tree.sharedTokens(of: []) == 0)
    }

    @Test(arguments: [1, 15, 16, 17, 64, 65, 128, 129])
    func oneSequenceIsOneRunAndItsTwinIsTheSame(_ count: Int) {
        for copies in 1...3 {
            let tree = Self.tree([[Int32]](repeating: Self.ids(count), count: copies))
            #expect(tree.runs().runs == [Self.run(0..<count, at: 0)])
            #expect(tree.runs().last == [Int](repeating: 0, count: copies))
            #expect(tree.tokenIDs == Self.ids(count) && tree.sharedTokens(of: Self.ids(count)[...]) == count)
        }
    }

    /// Sequences part at a multiple of the grain: what they have in common behind it stands twice.
    @Test(arguments: [(15, 0), (16, 16), (31, 16), (64, 64), (65, 64), (100, 96)])
    func sequencesPartAtTheGrain(_ common: Int, _ shared: Int) {
        let (one, other) = (Self.ids(130), Self.ids(150, branch: 1, from: common))
        let tree = Self.tree([one, other])
        #expect(tree.tokenIDs.count == 280 - shared)
        #expect(Self.tree([one]).sharedTokens(of: other[...]) == shared)
        #expect(
            tree.runs().runs
                == (shared == 0
                    ? [Self.run(0..<130, at: 0), Self.run(0..<150, at: 130)]
                    : [
                        Self.run(0..<shared, at: 0), Self.run(shared..<130, at: shared, behind: 0),
                        Self.run(shared..<150, at: 130, behind: 0),
                    ]))
    }

    /// A beginning of another ends within its run, or with it.
    @Test func aBeginningOfAnotherNeedsNothingOfItsOwn() {
        let (long, short, other) = (Self.ids(100), Self.ids(48), Self.ids(20, branch: 5))
        for alike in [[long, short], [short, long]] {
            let (runs, last) = Self.tree(alike).runs()
            #expect(runs == [Self.run(0..<100, at: 0)] && last == [0, 0])
        }
        // Rows of a run follow each other: what comes between begins another.
        let (runs, last) = Self.tree([short, other, long]).runs()
        #expect(
            runs == [Self.run(0..<48, at: 0), Self.run(0..<20, at: 48), Self.run(48..<100, at: 68, behind: 0)]
                && last == [0, 1, 2])
        // One that ends within a step goes on alone from the step's start.
        #expect(Self.tree([long, Self.ids(50)]).tokenIDs.count == 102)
    }

    @Test func runsAreNestedAndStandBehindWhatTheyGoOnFrom() {
        let runs = Self.shape([
            Self.ids(80), Self.ids(80, branch: 1, from: 32), Self.ids(90, branch: 2, from: 64), Self.ids(20, branch: 3),
            Self.ids(80, branch: 1, from: 32) + [7],
        ])
        #expect(
            runs == [
                Self.run(0..<32, at: 0), Self.run(32..<64, at: 32, behind: 0), Self.run(64..<80, at: 64, behind: 1),
                Self.run(32..<80, at: 80, behind: 0), Self.run(64..<90, at: 128, behind: 1), Self.run(0..<20, at: 154),
                Self.run(80..<81, at: 174, behind: 3),
            ])
    }

    /// Every token is found where the runs say, and no two runs behind one begin with the same step.
    @Test func runsHoldEverySequence() {
        var random = DrawnRandom()
        for _ in 0..<200 {
            var sequences: [[Int32]] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let known = sequences.randomElement(using: &random) ?? []
                let kept = known.prefix([0, 16, 40, 64, 200].randomElement(using: &random) ?? 0)
                sequences.append(
                    kept
                        + (0..<Int.random(in: 1...70, using: &random)).map { _ in
                            Int32.random(in: 0..<2, using: &random)
                        })
            }
            let tree = Self.tree(sequences)
            let (runs, last) = tree.runs()
            for (sequence, end) in zip(sequences, last) {
                var (ids, number) = ([Int32](), Optional(end))
                while let run = number.map({ runs[$0] }) {
                    ids = tree.tokenIDs[run.places] + ids
                    #expect(
                        run.before.map { $0 < number ?? 0 && runs[$0].positions.upperBound == run.positions.lowerBound }
                            ?? true)
                    number = run.before
                }
                #expect(ids.starts(with: sequence))
                #expect(tree.sharedTokens(of: sequence[...]) == sequence.count)
            }
            #expect(runs.reduce(0) { $0 + $1.places.count } == tree.tokenIDs.count)
            #expect(tree.together().sorted() == Array(sequences.indices))
        }
    }

    @Test func whatBeginsAlikeStandsTogether() {
        let sequences = [
            Self.ids(70), Self.ids(20, branch: 1), Self.ids(70, branch: 2, from: 40), Self.ids(30, branch: 1, from: 20),
            Self.ids(20, branch: 1) + [5], Self.ids(70, branch: 3, from: 48), Self.ids(70),
        ]
        #expect(Self.tree(sequences).together() == [0, 6, 5, 2, 3, 1, 4])
        // Where nothing is shared the order stays.
        #expect(Self.tree((0..<9).map { Self.ids(40, branch: $0) }).together() == Array(0..<9))
    }

    /// A walk of any depth, and any number of equal or different sequences, is one pass over them.
    @Test func manyOrLongSequencesAreNoMatter() {
        let tiny = Self.tree((0..<100_000).map { [Int32($0 % 50_000)] })
        #expect(tiny.tokenIDs.count == 50_000 && tiny.runs().runs.count == 50_000 && tiny.together().count == 100_000)
        let same = Self.tree([[Int32]](repeating: Self.ids(300), count: 5_000))
        #expect(same.runs().runs.count == 1 && same.together() == Array(0..<5_000))
        // Each goes on from the one before it: the deepest tree there can be.
        let comb = Self.tree((1...400).map { Self.ids(16 * $0) })
        #expect(comb.tokenIDs.count == 6_400 && comb.runs().last.count == 400)
    }
}

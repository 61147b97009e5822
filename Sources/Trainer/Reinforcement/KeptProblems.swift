import Tasks

/// Problems of a stream that are kept where others are left out, to be written again in their place.
struct KeptProblems {
    /// Places by family, ascending.
    private var places: [String: [Int]] = [:]
    /// Places of all families, ascending.
    private var all: [Int] = []
    /// How many were given again, by family.
    private var given: [String: Int] = [:]
    private let stream: TaskStream

    /// Reads the first `count` documents of a stream.
    ///
    /// - Parameters:
    ///   - isLeftOut: whether the problem at a place is left out.
    ///   - onDocument: called before each document; what it throws ends the reading.
    /// - Throws: `ReinforcementError.nothingKept` where every problem is left out; what `onDocument` throws.
    /// - Complexity: holds 16 bytes for each problem that is kept.
    init(
        _ stream: TaskStream, count: Int, isLeftOut: (Int, TaskDocument) -> Bool, onDocument: () throws -> Void
    ) throws {
        self.stream = stream
        var problems = 0
        for place in 0..<count {
            try onDocument()
            let document = stream.document(at: place)
            guard document.domain == .reasoning else { continue }
            problems += 1
            guard !isLeftOut(place, document) else { continue }
            places[document.family, default: []].append(place)
            all.append(place)
        }
        guard !all.isEmpty else { throw ReinforcementError.nothingKept(problems: problems) }
    }

    /// Gives a kept problem of the same family as one that is left out, or of any family where none of that one is kept. Each is given once
    /// before the first is given a second time.
    mutating func problem(insteadOf document: TaskDocument) -> TaskDocument {
        let kept = places[document.family] ?? all
        let turn = given[document.family, default: 0]
        given[document.family] = turn + 1
        return stream.document(at: kept[turn % kept.count])
    }
}

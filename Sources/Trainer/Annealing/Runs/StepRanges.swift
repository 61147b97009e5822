/// Numbers of steps, ascending, of which those in a row are one range.
package struct StepRanges: Sendable, Equatable, Codable, CustomStringConvertible {
    /// Ranges that neither touch nor overlap, ascending.
    package private(set) var ranges: [ClosedRange<Int>] = []

    package init() {}

    /// How many steps there are.
    package var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// As people write them: `1-12, 40`.
    package var description: String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
    }

    /// Adds a step behind all that there are.
    package mutating func append(_ step: Int) {
        precondition(step > ranges.last?.upperBound ?? .min, "steps come in their order")
        if let last = ranges.last, last.upperBound + 1 == step {
            ranges[ranges.count - 1] = last.lowerBound...step
        } else {
            ranges.append(step...step)
        }
    }
}

extension StepRanges? {
    /// Adds a step behind all that there are; nil is none.
    mutating func append(_ step: Int) {
        var steps = self ?? StepRanges()
        steps.append(step)
        self = steps
    }
}

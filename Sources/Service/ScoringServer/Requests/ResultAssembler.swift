import Scoring
import Sequences

/// Puts finished segments together to finished inputs. Pure.
///
/// A segment is kept until the last input that needs it is complete: at most what the request asked for.
struct ResultAssembler: Sendable {
    /// What one input is made of, in its order.
    struct Parts: Sendable {
        let teacher: [SegmentKey]
        let base: [SegmentKey]
    }

    private let parts: [Parts]
    /// By input: how many different segments it still waits for.
    private var missing: [Int]
    private var inputsOfKey: [SegmentKey: [Int]] = [:]
    private var kept: [SegmentKey: TokenScores] = [:]
    private var usesOfKey: [SegmentKey: Int] = [:]

    init(_ parts: [Parts]) {
        self.parts = parts
        missing = []
        for (input, parts) in parts.enumerated() {
            let keys = Set(parts.teacher + parts.base)
            missing.append(keys.count)
            for key in keys { inputsOfKey[key, default: []].append(input) }
        }
        usesOfKey = inputsOfKey.mapValues(\.count)
    }

    /// The inputs that are complete now, in the request's order.
    mutating func add(_ finished: [SegmentKey: TokenScores]) -> [Int] {
        var complete: [Int] = []
        for (key, scores) in finished {
            kept[key] = scores
            for input in inputsOfKey.removeValue(forKey: key) ?? [] {
                missing[input] -= 1
                if missing[input] == 0 { complete.append(input) }
            }
        }
        return complete.sorted()
    }

    /// The scores of a complete input, which are asked for once.
    mutating func take(_ input: Int) -> (teacher: TokenScores, base: TokenScores) {
        let parts = parts[input]
        let joined = (
            TokenScores(joining: parts.teacher.compactMap { kept[$0] }),
            TokenScores(joining: parts.base.compactMap { kept[$0] })
        )
        for key in Set(parts.teacher + parts.base) {
            usesOfKey[key, default: 0] -= 1
            if usesOfKey[key] == 0 { kept[key] = nil }
        }
        return joined
    }
}

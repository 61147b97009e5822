import Foundation

/// Maps values of an axis to places in the picture, and says where its ticks are.
struct AxisScale {
    struct Tick: Equatable {
        var value: Double
        var label: String
    }

    /// Values beyond it, infinity too, are shown as it: differences of such are still finite.
    static let farthest = 1e300

    let domain: ClosedRange<Double>
    private let start: Double
    private let end: Double
    let ticks: [Tick]

    /// - Parameters:
    ///   - start: the place of the domain's lower bound; `end` that of the upper one, which may be the smaller number.
    ///   - tickCount: about how many ticks there is room for.
    ///   - isWhole: whether ticks are whole numbers, as steps are.
    init(
        _ domain: ClosedRange<Double>, from start: Double, to end: Double, tickCount: Int, isWhole: Bool = false
    ) {
        let domain = domain.clamped(to: -Self.farthest...Self.farthest)
        let span = domain.upperBound - domain.lowerBound
        // A single value still gets an axis around it.
        let padding = span > 0 ? 0 : max(abs(domain.lowerBound) * 0.05, 0.5)
        self.domain = domain.lowerBound - padding...domain.upperBound + padding
        self.start = start
        self.end = end
        ticks = Self.ticks(self.domain, count: max(2, tickCount), isWhole: isWhole)
    }

    func position(_ value: Double) -> Double {
        let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        return start + share * (end - start)
    }

    /// The domain of all finite values, with a margin of `margin` of the span on either side; nil where there is none.
    static func domain(of values: some Sequence<Double>, margin: Double = 0) -> ClosedRange<Double>? {
        var (low, high) = (Double.infinity, -Double.infinity)
        for value in values where value.isFinite { (low, high) = (min(low, value), max(high, value)) }
        guard low <= high else { return nil }
        let room = (high - low) * margin
        return room.isFinite ? low - room...high + room : low...high
    }

    /// Multiples of 1, 2 or 5 times a power of ten. No two have one label.
    private static func ticks(_ domain: ClosedRange<Double>, count: Int, isWhole: Bool) -> [Tick] {
        let nice = niceStep((domain.upperBound - domain.lowerBound) / Double(count))
        let step = isWhole ? max(1, nice) : nice
        // Of the smallest numbers there are no parts.
        guard step > 0, step.isFinite else { return [] }
        // A bound that is a multiple but for rounding keeps its tick.
        let first = Int(((domain.lowerBound / step) - 1e-9).rounded(.up))
        let last = Int(((domain.upperBound / step) + 1e-9).rounded(.down))
        guard first <= last else { return [] }
        let largest = max(abs(domain.lowerBound), abs(domain.upperBound))
        var ticks: [Tick] = []
        for index in first...last {
            let value = Double(index) * step
            let label = label(value, step: step, largest: largest)
            if label != ticks.last?.label { ticks.append(Tick(value: value, label: label)) }
        }
        return ticks
    }

    static func niceStep(_ raw: Double) -> Double {
        let power = pow(10, log10(raw).rounded(.down))
        let lead = raw / power
        return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10)
    }

    private static func label(_ value: Double, step: Double, largest: Double) -> String {
        if value == 0 { return "0" }
        if largest < 1e-3 { return short(value) }
        for (unit, suffix) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where largest >= 10 * unit {
            return fixed(value / unit, step: step / unit) + suffix
        }
        return fixed(value, step: step)
    }

    private static func fixed(_ value: Double, step: Double) -> String {
        let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
        return String(format: "%.\(min(decimals, 9))f", value)
    }

    /// 3e-4, not 3.0e-04.
    private static func short(_ value: Double) -> String {
        let parts = String(format: "%.1e", value).split(separator: "e")
        guard parts.count == 2, let exponent = Int(parts[1]) else { return "\(value)" }
        let lead = parts[0].hasSuffix(".0") ? parts[0].dropLast(2) : parts[0]
        return "\(lead)e\(exponent)"
    }
}

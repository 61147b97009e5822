import Foundation

/// Horizontal bars, one a series in each category, each with its value and, where there is one, its interval.
package struct BarChart: Figure {
    /// What one bar shows: a value and, where there is one, the interval around it.
    package struct Value: Sendable, Equatable {
        /// Where the bar ends; one that is not finite has no bar.
        package var value: Double
        /// Interval around the value, drawn as a line with ends over the bar; nil for none. Its ends must be finite.
        package var interval: ClosedRange<Double>?

        package init(_ value: Double, interval: ClosedRange<Double>? = nil) {
            self.value = value
            self.interval = interval
        }
    }

    /// Bars of one colour, one in each category.
    package struct Series: Sendable {
        /// Words in the legend, which is shown for two or more series.
        package var name: String
        /// One value a category, in their order; nil where there is no bar, and none for categories past the last.
        package var values: [Value?]  // [categories]
        /// Number of the colour; nil: the place in the chart.
        package var style: Int?

        package init(_ name: String, _ values: [Value?], style: Int? = nil) {
            self.name = name
            self.values = values
            self.style = style
        }
    }

    private static let barHeight = 15.0
    private static let gap = 10.0

    /// Words above the chart.
    package var title: String
    /// What the horizontal axis shows, under it. Empty: no label.
    package var xLabel: String
    /// Words left of the bars, from above, cut with an ellipsis where they take more than two fifths of the width.
    package var categories: [String]
    /// Bars of each category, from above.
    package var series: [Series]
    /// How a value is written beside its bar: a `String(format:)` with one Double.
    package var format: String
    /// Value at which bars begin; always within the axis.
    package var baseline: Double

    package init(
        title: String, xLabel: String = "", categories: [String], series: [Series], format: String = "%.3g",
        baseline: Double = 0
    ) {
        self.title = title
        self.xLabel = xLabel
        self.categories = categories
        self.series = series
        self.format = format
        self.baseline = baseline
    }

    /// Draws the chart, whose height grows with the number of bars.
    package func svg(width: Double) -> String {
        let shown = series.enumerated().filter { $0.element.values.contains { $0?.value.isFinite == true } }
        let legend =
            shown.count > 1
            ? shown.map {
                PlotFrame.LegendItem(name: $0.element.name, style: $0.element.style ?? $0.offset, isArea: true)
            } : []
        let group = Double(max(1, shown.count)) * Self.barHeight + Self.gap
        var frame = PlotFrame(width: width, height: 0, title: title, subtitle: "", xLabel: xLabel, legend: legend)
        frame = PlotFrame(
            width: width, height: frame.plotTop + group * Double(max(1, categories.count)) + (xLabel.isEmpty ? 24 : 40),
            title: title, subtitle: "", xLabel: xLabel, legend: legend)
        let values = series.flatMap(\.values).compactMap { $0 }
        let widestValue = values.map { PlotStyle.width(text($0.value), size: PlotStyle.smallFontSize) }.max() ?? 0
        let ends = values.flatMap {
            [$0.value, $0.interval?.lowerBound ?? $0.value, $0.interval?.upperBound ?? $0.value]
        }
        guard !categories.isEmpty, let domain = AxisScale.domain(of: ends + [baseline]) else { return frame.empty() }
        let widestName = categories.map { PlotStyle.width($0) }.max() ?? 0
        frame.left = min(widestName + 12, width * 0.4)
        frame.extraRight = widestValue + 10
        let start = frame.plotLeft + (domain.lowerBound < baseline ? widestValue + 10 : 0)
        let x = AxisScale(domain, from: start, to: frame.plotRight, tickCount: Int((frame.plotRight - start) / 55))
        return frame.draw(x, nil) { svg in
            let zero = x.position(baseline)
            svg.line(zero, frame.plotTop, zero, frame.plotBottom, stroke: PlotStyle.axis)
            for (row, category) in categories.enumerated() {
                let top = frame.plotTop + Double(row) * group + Self.gap / 2
                svg.label(
                    PlotStyle.shortened(category, toWidth: frame.plotLeft - 10), frame.plotLeft - 8,
                    top + (group - Self.gap) / 2 + 4, anchor: "end")
                for (place, (index, series)) in shown.enumerated() where row < series.values.count {
                    guard let value = series.values[row], value.value.isFinite else { continue }
                    svg.element("g", []) { svg in
                        svg.element("title", [:], text: words(value, category, series.name))
                        draw(value, top: top + Double(place) * Self.barHeight, style: series.style ?? index, x, &svg)
                    }
                }
            }
        }
    }

    private func draw(_ value: Value, top: Double, style: Int, _ x: AxisScale, _ svg: inout SVGWriter) {
        let (zero, end) = (x.position(baseline), x.position(value.value))
        svg.rectangle(min(zero, end), top + 1, abs(end - zero), Self.barHeight - 3, fill: PlotStyle.color(style))
        var (low, high) = (min(zero, end), max(zero, end))
        if let interval = value.interval {
            let (left, right) = (x.position(interval.lowerBound), x.position(interval.upperBound))
            let middle = top + Self.barHeight / 2 - 0.5
            svg.line(left, middle, right, middle, stroke: PlotStyle.strong, width: 1.4)
            for place in [left, right] {
                svg.line(place, middle - 4, place, middle + 4, stroke: PlotStyle.strong, width: 1.4)
            }
            (low, high) = (min(low, left), max(high, right))
        }
        let isLeft = value.value < baseline
        svg.label(
            text(value.value), isLeft ? low - 5 : high + 5, top + Self.barHeight - 4, anchor: isLeft ? "end" : "start",
            size: PlotStyle.smallFontSize)
    }

    private func words(_ value: Value, _ category: String, _ series: String) -> String {
        let ends = value.interval.map { [$0.lowerBound, $0.upperBound] } ?? []
        let interval = ends.isEmpty || !ends.allSatisfy(\.isFinite) ? "" : " (\(text(ends[0])) to \(text(ends[1])))"
        return "\(category)\(series.isEmpty ? "" : ", \(series)"): \(text(value.value))\(interval)"
    }

    private func text(_ value: Double) -> String { String(format: format, value) }
}

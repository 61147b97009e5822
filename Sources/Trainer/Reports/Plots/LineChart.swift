import Foundation

/// Several series over one horizontal axis, with a legend.
///
/// A series of more points than the picture has room for is shown as the mean of each stretch, with the range from its lowest to
/// its highest value as a light band. A value that is not finite breaks the line. A smooth line may be drawn over it.
package struct LineChart: Figure {
    /// One value of a series.
    package struct Point: Sendable, Equatable {
        /// Place on the horizontal axis. A point with one that is not finite counts as a gap.
        package var x: Double
        /// Value on the vertical axis. One that is not finite is a gap, which breaks the line where no other point shares its
        /// place in the picture.
        package var y: Double
        /// Interval around y (a confidence interval, say), drawn as a band; nil for none. Its ends must be finite.
        package var interval: ClosedRange<Double>?

        package init(x: Double, y: Double, interval: ClosedRange<Double>? = nil) {
            self.x = x
            self.y = y
            self.interval = interval
        }
    }

    /// One line of the chart.
    package struct Series: Sendable {
        /// Words in the legend; where the only series has an empty name, there is no legend.
        package var name: String
        /// Points by ascending x, which the line joins in their order.
        package var points: [Point]  // x ascending
        /// Number of the line's colour and dashes; nil: its place in the chart. A run with one number looks the same in every
        /// chart.
        package var style: Int?
        /// Whether points get dots, for series of a few. A point alone between gaps always has one.
        package var hasMarkers: Bool

        package init(_ name: String, _ points: [Point], style: Int? = nil, hasMarkers: Bool = false) {
            self.name = name
            self.points = points
            self.style = style
            self.hasMarkers = hasMarkers
        }
    }

    /// Words above the chart.
    package var title: String
    /// What the vertical axis shows, with its unit: a line under the title. Empty: no line.
    package var yLabel: String
    /// What the horizontal axis shows, under it. Empty: no label.
    package var xLabel: String
    /// Lines in the order of the legend; those without a point to be shown are left out, of the legend too.
    package var series: [Series]
    /// Values that the vertical axis shows at least.
    package var including: [Double]
    /// Height of the whole picture, in CSS pixels.
    package var height: Double
    /// Half-life, on the horizontal axis, of the mean that is drawn over each line: of all values so far, each of which counts half as much for
    /// every half-life that it lies back. 0: none is drawn. nil: nor by who reads the page.
    package var smoothing: Double?
    /// Value at which a line goes across; always within the axis. nil: none.
    package var reference: Double?
    /// Whether the horizontal axis has whole numbers alone, as steps are.
    package var isWhole: Bool

    package init(
        title: String, yLabel: String = "", xLabel: String = "", series: [Series], including: [Double] = [],
        height: Double = 280, smoothing: Double? = nil, reference: Double? = nil, isWhole: Bool = false
    ) {
        self.title = title
        self.yLabel = yLabel
        self.xLabel = xLabel
        self.series = series
        self.including = including
        self.height = height
        self.smoothing = smoothing
        self.reference = reference
        self.isWhole = isWhole
    }

    /// Draws the chart `height` high. A series of more points than a third of `width` is shown as the mean of each stretch, with a
    /// band.
    package func svg(width: Double) -> String {
        let shown = series.enumerated().filter { $0.element.points.contains { $0.x.isFinite && $0.y.isFinite } }
        let legend = shown.map { PlotFrame.LegendItem(name: $0.element.name, style: $0.element.style ?? $0.offset) }
        // A single series needs no legend where the title says what it is.
        var frame = PlotFrame(
            width: width, height: height, title: title, subtitle: yLabel, xLabel: xLabel,
            legend: legend.count > 1 || legend.first.map { !$0.name.isEmpty } == true ? legend : [])
        let reduced = shown.map { SeriesReduction($0.element.points, buckets: Int(width / 3)) }
        let values =
            reduced.flatMap { $0.points.flatMap { [$0.y, $0.low, $0.high] } } + including
            + (reference.map { [$0] } ?? [])
        guard let xDomain = AxisScale.domain(of: shown.lazy.flatMap(\.element.points).map(\.x)),
            let yDomain = AxisScale.domain(of: values, margin: 0.04)
        else { return frame.empty() }
        let y = AxisScale(yDomain, from: frame.plotBottom, to: frame.plotTop, tickCount: Int(height / 45))
        frame.left = PlotFrame.left(for: y.ticks)
        let x = AxisScale(
            xDomain, from: frame.plotLeft, to: frame.plotRight, tickCount: Int(width / 95), isWhole: isWhole)
        let readings = frame.readings(x, y) + (smoothing == nil ? [] : [("data-smooth", "")])
        return frame.draw(x, y, readings: readings) { svg in
            if let reference {
                let place = y.position(reference)
                svg.line(frame.plotLeft, place, frame.plotRight, place, stroke: PlotStyle.axis)
            }
            for ((index, series), reduced) in zip(shown, reduced) {
                let name = series.name.isEmpty ? title : series.name
                let data = Self.data(reduced)
                svg.element("g", [("class", "series"), ("data-name", name), ("data-points", data)]) { svg in
                    svg.element("title", [:], text: "\(name): \(Self.words(reduced.points))")
                    draw(reduced, of: series, style: series.style ?? index, x: x, y: y, &svg)
                }
            }
        }
    }

    /// `x,y;x,y|x,y`: points, and runs without a gap.
    private static func data(_ reduced: SeriesReduction) -> String {
        reduced.runs.map { run in
            run.map { String(format: "%.7g,%.7g", $0.x, $0.y) }.joined(separator: ";")
        }.joined(separator: "|")
    }

    private static func words(_ points: [SeriesReduction.Point]) -> String {
        let values = points.map(\.y)
        return [
            ("first", values.first), ("last", values.last), ("lowest", values.min()), ("highest", values.max()),
        ].compactMap { name, value in value.map { String(format: "\(name) %.5g", $0) } }.joined(separator: ", ")
    }

    private func draw(
        _ reduced: SeriesReduction, of series: Series, style: Int, x: AxisScale, y: AxisScale,
        _ svg: inout SVGWriter
    ) {
        let color = PlotStyle.color(style)
        let halfLife = smoothing ?? 0
        func places(_ run: [SeriesReduction.Point]) -> String {
            run.map { "\(Markup.number(x.position($0.x))),\(Markup.number(y.position($0.y)))" }.joined(separator: " ")
        }
        for run in reduced.runs {
            if run.contains(where: { $0.low < $0.high }) {
                let there = run.map { "\(Markup.number(x.position($0.x))),\(Markup.number(y.position($0.high)))" }
                let back = run.reversed().map {
                    "\(Markup.number(x.position($0.x))),\(Markup.number(y.position($0.low)))"
                }
                svg.element(
                    "polygon",
                    ["points": (there + back).joined(separator: " "), "fill": color, "fill-opacity": "0.16"])
            }
            svg.element(
                "polyline",
                [
                    "points": places(run), "class": "line", "fill": "none", "stroke": color, "stroke-width": "1.8",
                    "stroke-linejoin": "round", "stroke-dasharray": PlotStyle.dash(style),
                    "stroke-opacity": halfLife > 0 ? "0.3" : "1",
                ])
            guard series.hasMarkers || run.count == 1 else { continue }
            for point in run {
                svg.element(
                    "circle",
                    [
                        "cx": Markup.number(x.position(point.x)), "cy": Markup.number(y.position(point.y)), "r": "3",
                        "fill": color,
                    ])
            }
        }
        guard halfLife > 0 else { return }
        for run in reduced.smoothed(halfLife: halfLife) {
            svg.element(
                "polyline",
                [
                    "points": places(run), "class": "smooth", "fill": "none", "stroke": color, "stroke-width": "2",
                    "stroke-linejoin": "round", "stroke-dasharray": PlotStyle.dash(style),
                ])
        }
    }
}

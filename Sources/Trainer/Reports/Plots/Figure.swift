/// A plot: one self-contained SVG element.
package protocol Figure: Sendable {
    /// Words above the plot, and its label for readers who do not see it; cut with an ellipsis where they are wider than the plot.
    var title: String { get }
    /// Draws the plot as one `svg` element; where it has nothing to show, its frame with the words "no data".
    ///
    /// - Parameter width: in CSS pixels; the page may show it smaller.
    func svg(width: Double) -> String
}

/// The frame that all plots stand in: title, what the vertical axis shows, legend, axes with grid and ticks.
struct PlotFrame {
    /// A line of the legend: a name, and the series' number for colour and dashes.
    struct LegendItem {
        var name: String
        var style: Int
        /// A filled square instead of a line.
        var isArea = false
    }

    static let minimumLeft = 34.0
    private static let right = 14.0
    private static let lineHeight = 17.0
    private static let sample = 26.0

    let width: Double
    let height: Double
    let title: String
    /// Under the title: what is counted in which unit.
    let subtitle: String
    let xLabel: String
    let legend: [LegendItem]
    /// Room for the labels left of the plot.
    var left = PlotFrame.minimumLeft
    /// Room for what stands right of the plot (a colour scale).
    var extraRight = 0.0

    private var legendRows: [[(item: LegendItem, x: Double)]] {
        var rows: [[(item: LegendItem, x: Double)]] = [[]]
        var x = 0.0
        for item in legend {
            let name = PlotStyle.shortened(item.name, toWidth: width - Self.sample - 20)
            let needed = Self.sample + PlotStyle.width(name) + 22
            if x + needed > width, x > 0 {
                rows.append([])
                x = 0
            }
            rows[rows.count - 1].append((LegendItem(name: name, style: item.style, isArea: item.isArea), x))
            x += needed
        }
        return legend.isEmpty ? [] : rows
    }

    private var subtitleY: Double { PlotStyle.titleSize + 4 + Self.lineHeight }
    private var legendY: Double { subtitle.isEmpty ? PlotStyle.titleSize + 4 : subtitleY }

    var plotTop: Double { legendY + Double(legendRows.count) * Self.lineHeight + 12 }
    var plotBottom: Double { height - (xLabel.isEmpty ? 22 : 38) }
    var plotLeft: Double { left }
    var plotRight: Double { width - Self.right - extraRight }

    /// The picture with everything but the data, which `body` draws on the grid and under the axes.
    ///
    /// - Parameter readings: further attributes, for the script that tells values of the picture.
    func draw(
        _ x: AxisScale?, _ y: AxisScale?, readings: [(String, String)] = [], _ body: (inout SVGWriter) -> Void
    ) -> String {
        var svg = SVGWriter()
        svg.element(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("viewBox", "0 0 \(Markup.number(width)) \(Markup.number(height))"), ("role", "img"),
                ("aria-label", title), ("font-family", PlotStyle.fontFamily),
            ] + readings
        ) { svg in
            svg.label(
                PlotStyle.shortened(title, toWidth: width, size: PlotStyle.titleSize), 0, PlotStyle.titleSize,
                size: PlotStyle.titleSize, bold: true)
            if !subtitle.isEmpty {
                svg.label(
                    PlotStyle.shortened(subtitle, toWidth: width), 0, subtitleY, fill: PlotStyle.faintText)
            }
            drawLegend(&svg)
            drawGrid(&svg, x, y)
            body(&svg)
            drawAxes(&svg, x)
        }
        return svg.text
    }

    /// Where the plot lies and what its axes go from and to, for the script.
    func readings(_ x: AxisScale, _ y: AxisScale) -> [(String, String)] {
        let (left, right) = (Markup.number(plotLeft), Markup.number(plotRight))
        let (top, bottom) = (Markup.number(plotTop), Markup.number(plotBottom))
        let frame =
            "{\"left\":\(left),\"right\":\(right),\"top\":\(top),\"bottom\":\(bottom),"
            + "\"x\":[\(x.domain.lowerBound),\(x.domain.upperBound)],\"y\":[\(y.domain.lowerBound),\(y.domain.upperBound)]}"
        return [("data-plot", frame), ("data-x", xLabel)]
    }

    private func drawLegend(_ svg: inout SVGWriter) {
        for (row, items) in legendRows.enumerated() {
            let y = legendY + Double(row + 1) * Self.lineHeight
            for (item, x) in items {
                if item.isArea {
                    svg.rectangle(x + 8, y - 10, 12, 12, fill: PlotStyle.color(item.style))
                } else {
                    svg.element(
                        "line",
                        [
                            "x1": Markup.number(x), "y1": Markup.number(y - 4),
                            "x2": Markup.number(x + Self.sample - 5),
                            "y2": Markup.number(y - 4), "stroke": PlotStyle.color(item.style), "stroke-width": "2",
                            "stroke-dasharray": PlotStyle.dash(item.style),
                        ])
                }
                svg.label(item.name, x + Self.sample, y)
            }
        }
    }

    private func drawGrid(_ svg: inout SVGWriter, _ x: AxisScale?, _ y: AxisScale?) {
        for tick in y?.ticks ?? [] {
            let place = y?.position(tick.value) ?? 0
            svg.line(plotLeft, place, plotRight, place, stroke: PlotStyle.grid)
            svg.label(
                tick.label, plotLeft - 6, place + 4, anchor: "end", size: PlotStyle.smallFontSize,
                fill: PlotStyle.faintText)
        }
    }

    private func drawAxes(_ svg: inout SVGWriter, _ x: AxisScale?) {
        svg.line(plotLeft, plotBottom, plotRight, plotBottom, stroke: PlotStyle.axis)
        for tick in x?.ticks ?? [] {
            let place = x?.position(tick.value) ?? 0
            svg.line(place, plotBottom, place, plotBottom + 4, stroke: PlotStyle.axis)
            svg.label(
                tick.label, place, plotBottom + 16, anchor: "middle", size: PlotStyle.smallFontSize,
                fill: PlotStyle.faintText)
        }
        if !xLabel.isEmpty {
            svg.label(
                xLabel, (plotLeft + plotRight) / 2, plotBottom + 32, anchor: "middle", fill: PlotStyle.faintText)
        }
    }

    /// How much room the labels of a vertical axis take.
    static func left(for ticks: [AxisScale.Tick]) -> Double {
        let widest = ticks.map { PlotStyle.width($0.label, size: PlotStyle.smallFontSize) }.max() ?? 0
        return max(minimumLeft, widest + 12)
    }

    /// The picture of a plot that has nothing to show.
    func empty() -> String {
        draw(nil, nil) { svg in
            svg.label(
                "no data", (plotLeft + plotRight) / 2, (plotTop + plotBottom) / 2, anchor: "middle",
                fill: PlotStyle.faintText)
        }
    }
}

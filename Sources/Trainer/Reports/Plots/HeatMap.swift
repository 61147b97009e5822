import Foundation

/// A histogram over time: a column a moment, a row a bin, darker where more of the column's mass lies.
///
/// One hue from white to dark, so that a grey printer keeps the order. The shade grows with the square root of the share: a peak (at
/// the clip, say) leaves the rest visible. The scale beside the map says which shade is which share.
package struct HeatMap: Figure {
    /// Histogram of one moment.
    package struct Column: Sendable, Equatable {
        /// Place on the horizontal axis; a column without a finite one is left out.
        package var x: Double
        /// Mass of each bin, from the lowest; only shares of the column's sum are shown. What is negative or not finite counts as none.
        package var counts: [Double]  // [bins], from the lowest bin

        package init(x: Double, counts: [Double]) {
            self.x = x
            self.counts = counts
        }
    }

    private static let maxColumns = 160
    private static let levels = 40
    private static let scaleWidth = 66.0

    /// Words above the map.
    package var title: String
    /// What the rows and the shade show: a line under the title. Empty: no line.
    package var yLabel: String
    /// What the horizontal axis shows, under it. Empty: no label.
    package var xLabel: String
    /// Values between which the bins lie, in equal parts.
    package var range: ClosedRange<Double>
    /// Histograms, drawn by ascending x as if equally spaced. Where there are more than 160, neighbours are added up.
    package var columns: [Column]
    /// Height of the whole picture, in CSS pixels.
    package var height: Double

    package init(
        title: String, yLabel: String = "", xLabel: String = "", range: ClosedRange<Double>, columns: [Column],
        height: Double = 280
    ) {
        self.title = title
        self.yLabel = yLabel
        self.xLabel = xLabel
        self.range = range
        self.columns = columns
        self.height = height
    }

    /// Draws the map `height` high, the scale of its shades on the right.
    package func svg(width: Double) -> String {
        var frame = PlotFrame(
            width: width, height: height, title: title, subtitle: yLabel, xLabel: xLabel, legend: [])
        frame.extraRight = Self.scaleWidth
        let columns = merged()
        let bins = columns.map(\.counts.count).max() ?? 0
        guard bins > 0, let first = columns.first, let last = columns.last else { return frame.empty() }
        let y = AxisScale(range, from: frame.plotBottom, to: frame.plotTop, tickCount: Int(height / 50))
        frame.left = PlotFrame.left(for: y.ticks)
        // Each column reaches half way to its neighbours.
        let half = columns.count > 1 ? (last.x - first.x) / Double(columns.count - 1) / 2 : 0.5
        let x = AxisScale(
            first.x - half...last.x + half, from: frame.plotLeft, to: frame.plotRight, tickCount: Int(width / 110))
        let shares = columns.map(Self.shares)
        let top = max(shares.flatMap { $0 }.max() ?? 0, .leastNonzeroMagnitude)
        return frame.draw(x, y, readings: frame.readings(x, y)) { svg in
            drawCells(
                places: columns.map(\.x), shares: shares, half: half, bins: bins, top: top, x, frame, &svg)
            drawMoments(places: columns.map(\.x), shares: shares, half: half, x, frame, &svg)
            drawScale(top: top, frame, &svg)
        }
    }

    /// Over each column what it says in words.
    private func drawMoments(
        places: [Double], shares: [[Double]], half: Double, _ x: AxisScale, _ frame: PlotFrame, _ svg: inout SVGWriter
    ) {
        for (place, column) in zip(places, shares) where column.contains(where: { $0 > 0 }) {
            let (left, right) = (x.position(place - half), x.position(place + half))
            svg.element(
                "rect",
                [
                    ("class", "moment"), ("x", Markup.number(left)), ("y", Markup.number(frame.plotTop)),
                    ("width", Markup.number(max(0, right - left))),
                    ("height", Markup.number(frame.plotBottom - frame.plotTop)), ("fill", "none"),
                    ("pointer-events", "all"),
                ]
            ) { svg in
                let quantiles = [0.1, 0.5, 0.9].map { String(format: "%.3g", quantile($0, of: column)) }
                let moment = String(format: "%.7g", place)
                svg.element(
                    "title", [:],
                    text: "\(xLabel) \(moment): a tenth is below \(quantiles[0]), half below \(quantiles[1]), "
                        + "a tenth above \(quantiles[2])")
            }
        }
    }

    /// Within a bin as though its mass were spread evenly.
    private func quantile(_ share: Double, of column: [Double]) -> Double {
        let range = range.clamped(to: -AxisScale.farthest...AxisScale.farthest)
        let width = (range.upperBound - range.lowerBound) / Double(column.count)
        var below = 0.0
        for (bin, own) in column.enumerated() where own > 0 {
            if below + own >= share {
                return range.lowerBound + (Double(bin) + (share - below) / own) * width
            }
            below += own
        }
        return range.upperBound
    }

    private func drawCells(
        places: [Double], shares: [[Double]], half: Double, bins: Int, top: Double, _ x: AxisScale,
        _ frame: PlotFrame, _ svg: inout SVGWriter
    ) {
        let cellHeight = (frame.plotBottom - frame.plotTop) / Double(bins)
        var paths = [String](repeating: "", count: Self.levels + 1)
        for (place, column) in zip(places, shares) {
            let (left, right) = (x.position(place - half), x.position(place + half))
            for (bin, share) in column.enumerated() where share > 0 {
                let level = max(1, Int((Double(Self.levels) * (share / top).squareRoot()).rounded()))
                let bottom = frame.plotBottom - Double(bin) * cellHeight
                // A little over its neighbours: printed side by side, cells would show a seam.
                let (overRight, overTop) = (
                    min(right + 0.5, frame.plotRight), max(bottom - cellHeight - 0.5, frame.plotTop)
                )
                paths[level] +=
                    "M\(Markup.number(left)) \(Markup.number(bottom))H\(Markup.number(overRight))"
                    + "V\(Markup.number(overTop))H\(Markup.number(left))Z"
            }
        }
        for (level, path) in paths.enumerated() where !path.isEmpty {
            svg.element("path", ["d": path, "fill": Self.shade(level)])
        }
    }

    private func drawScale(top: Double, _ frame: PlotFrame, _ svg: inout SVGWriter) {
        let left = frame.plotRight + 14
        let (bottom, height) = (frame.plotBottom, min(130, frame.plotBottom - frame.plotTop))
        let step = height / Double(Self.levels)
        for level in 1...Self.levels {
            svg.element(
                "rect",
                [
                    "x": Markup.number(left), "y": Markup.number(bottom - Double(level) * step), "width": "11",
                    "height": Markup.number(step + 0.5), "fill": Self.shade(level), "shape-rendering": "crispEdges",
                ])
        }
        for part in [0.0, 0.5, 1.0] {
            svg.label(
                Self.percent(top * part * part), left + 15,
                bottom - part * height + (part == 1 ? 8 : part == 0 ? 0 : 4),
                size: PlotStyle.smallFontSize, fill: PlotStyle.faintText)
        }
    }

    /// By ascending x, neighbours added up until they fit the picture.
    private func merged() -> [Column] {
        let columns = columns.filter { abs($0.x) <= AxisScale.farthest }.sorted { $0.x < $1.x }
        let size = max(1, (columns.count + Self.maxColumns - 1) / Self.maxColumns)
        return stride(from: 0, to: columns.count, by: size).map { start in
            let bucket = columns[start..<min(start + size, columns.count)]
            let bins = bucket.map(\.counts.count).max() ?? 0
            var sum = Column(
                x: bucket.reduce(0) { $0 + $1.x } / Double(bucket.count), counts: Array(repeating: 0, count: bins))
            for column in bucket {
                for (bin, count) in column.counts.enumerated() where count > 0 && count.isFinite {
                    sum.counts[bin] += count
                }
            }
            return sum
        }
    }

    private static func shares(_ column: Column) -> [Double] {
        let sum = column.counts.reduce(0, +)
        return column.counts.map { sum > 0 ? $0 / sum : 0 }
    }

    /// From nearly white to a dark blue.
    private static func shade(_ level: Int) -> String { mix((238, 244, 250), (8, 36, 84), level) }

    /// Each shade with that of a dark page: from the page's ground to nearly white.
    static var darkShades: [(String, String)] {
        (1...levels).map { (shade($0), mix((28, 36, 48), (214, 234, 255), $0)) }
    }

    private static func mix(
        _ none: (Double, Double, Double), _ most: (Double, Double, Double), _ level: Int
    ) -> String {
        let share = Double(level) / Double(levels)
        func mix(_ from: Double, _ to: Double) -> Int { Int((from + (to - from) * share).rounded()) }
        return "rgb(\(mix(none.0, most.0)),\(mix(none.1, most.1)),\(mix(none.2, most.2)))"
    }

    private static func percent(_ share: Double) -> String {
        let percent = 100 * share
        return percent >= 10 ? "\(Int(percent.rounded()))%" : "\(Markup.number((percent * 10).rounded() / 10))%"
    }
}

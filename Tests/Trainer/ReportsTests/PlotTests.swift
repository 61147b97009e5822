import Foundation
import Reports
import Testing

struct PlotTests {
    private func points(_ values: [Double]) -> [LineChart.Point] {
        values.enumerated().map { LineChart.Point(x: Double($0.offset), y: $0.element) }
    }

    /// Tags that open and close in order, attributes in double quotes, no bare `&` or `<`.
    private func isWellFormed(_ markup: String) -> Bool {
        var open: [Substring] = []
        for tag in markup.matches(of: /<(\/?)([a-z0-9]+)((?:\s+[a-zA-Z0-9:-]+="[^"<]*")*)\s*(\/?)>/) {
            let (_, closes, name, _, isEmpty) = tag.output
            if closes == "/" {
                guard open.popLast() == name else { return false }
            } else if isEmpty.isEmpty {
                open.append(name)
            }
        }
        let rest = markup.replacing(/<\/?[a-z0-9]+(?:\s+[a-zA-Z0-9:-]+="[^"<]*")*\s*\/?>/, with: "")
        return open.isEmpty && !rest.contains("<") && rest.firstMatch(of: /&(?!(amp|lt|gt|quot|#39);)/) == nil
    }

    @Test func aChartIsWellFormedWhateverItIsGiven() {
        let hostile = "<script>alert(\"1\")</script> & 'x' \u{0} \u{1F600}"
        let figures: [any Figure] = [
            LineChart(
                title: hostile, yLabel: hostile, xLabel: hostile,
                series: [
                    .init(hostile, points([1, .nan, 3, .infinity, 5])), .init("empty", []), .init("one", points([2])),
                    .init("band", [.init(x: 0, y: 1, interval: 0...2), .init(x: 4, y: 2, interval: 1...3)]),
                ]),
            LineChart(title: "nothing", series: []),
            LineChart(title: "not finite", series: [.init("a", points([.nan, .infinity]))]),
            HeatMap(
                title: hostile, yLabel: hostile, xLabel: hostile, range: 0.8...1.2,
                columns: [.init(x: 1, counts: [1, 2]), .init(x: 2, counts: [0, 0]), .init(x: 3, counts: [5, 0])]),
            HeatMap(title: "one", range: 1...1, columns: [.init(x: 1, counts: [4])]),
            HeatMap(title: "nothing", range: 0...1, columns: []),
            BarChart(
                title: hostile, xLabel: hostile, categories: [hostile, "b"],
                series: [.init(hostile, [.init(1, interval: 0...2), nil]), .init("y", [.init(-3), .init(.nan)])]),
            BarChart(title: "nothing", categories: [], series: []),
        ]
        check(figures)
    }

    @Test func aChartStandsWhateverItsNumbersAre() {
        let (inf, huge, tiny) = (Double.infinity, Double.greatestFiniteMagnitude, Double.leastNonzeroMagnitude)
        let columns = [3, 1, inf, 2, .nan, -huge, huge].map { HeatMap.Column(x: $0, counts: [1, inf, -2, .nan, huge]) }
        let values = [[-huge, huge], [0, tiny], [huge, inf], [1e16, (1e16).nextUp], [-tiny, 0, tiny]]
        var figures: [any Figure] = [0...inf, -inf...inf, 1...1, 0...tiny, -huge...huge].map {
            HeatMap(title: "t", range: $0, columns: columns)
        }
        for values in values {
            let points = values.map { LineChart.Point(x: $0, y: $0, interval: -inf...inf) }
            figures.append(LineChart(title: "t", series: [.init("a", points), .init("b", points.reversed())]))
            figures.append(
                BarChart(
                    title: "t", categories: values.map { _ in "c" },
                    series: [.init("", values.map { .init($0.isFinite ? $0 : 0, interval: -inf...inf) })]))
        }
        check(figures)
    }

    /// The picture of a run that was begun again: its steps go back.
    @Test func aMapsColumnsStandInOrder() {
        let columns = [1.0, 2, 3].map { HeatMap.Column(x: $0, counts: [$0, 1]) }
        let there = HeatMap(title: "t", range: 0...1, columns: columns).svg(width: 400)
        #expect(HeatMap(title: "t", range: 0...1, columns: columns.reversed()).svg(width: 400) == there)
    }

    private func check(_ figures: [any Figure]) {
        for figure in figures {
            let svg = figure.svg(width: 500)
            #expect(isWellFormed(svg), "\(svg)")
            #expect(svg.hasPrefix("<svg ") && !svg.contains("<script"))
            #expect(!svg.contains("nan") && !svg.contains("inf"))
        }
    }

    @Test func aLineGoesWhereItsValuesAre() throws {
        let svg = LineChart(title: "t", series: [.init("", points([0, 10, 5]))]).svg(width: 400)
        let text = try #require(svg.firstMatch(of: /<polyline points="([^"]+)"/)).output.1
        let places = text.split(separator: " ").map { $0.split(separator: ",").compactMap { Double($0) } }
        #expect(places.count == 3)
        // Up is a smaller y; the middle value lies in the middle, but for the rounding to two decimals.
        #expect(places[0][1] > places[2][1] && places[2][1] > places[1][1])
        #expect(abs((places[0][1] + places[1][1]) / 2 - places[2][1]) < 0.02)
        #expect(abs(places[1][0] - places[0][0] - (places[2][0] - places[1][0])) < 0.02)
    }

    @Test func aValueThatIsNotFiniteBreaksTheLine() {
        let svg = LineChart(title: "t", series: [.init("", points([1, 2, .nan, 4, 5]))]).svg(width: 400)
        #expect(svg.matches(of: /<polyline\s/).count == 2)
    }

    @Test func aLongSeriesBecomesMeansAndABand() throws {
        let values = (0..<100_000).map { Double($0 % 2) }
        let svg = LineChart(title: "t", series: [.init("", points(values))]).svg(width: 600)
        #expect(svg.utf8.count < 40_000)
        let line = try #require(svg.firstMatch(of: /<polyline points="([^"]+)"/)).output.1
        #expect(line.split(separator: " ").count <= 200)
        // The mean of each stretch is one half: one height for all; the band spans the plot.
        let heights = Set(line.split(separator: " ").compactMap { $0.split(separator: ",").last })
        #expect(heights.count == 1)
        #expect(svg.contains("<polygon "))
    }

    @Test func theMapIsDarkestWhereMostIs() throws {
        let map = HeatMap(title: "t", range: 0...1, columns: [.init(x: 1, counts: [90, 0, 10])])
        let cells = map.svg(width: 400).matches(of: /<path d="M[^"]+" fill="rgb\((\d+),(\d+),(\d+)\)"/)
        #expect(cells.count == 2)
        let shades = cells.compactMap { Int($0.output.1) }
        // Paths come from light to dark: first the bin of 10, then that of 90.
        #expect(shades[0] > shades[1])
    }

    @Test func manyColumnsAreAddedUp() {
        let columns = (0..<10_000).map { HeatMap.Column(x: Double($0), counts: (0..<40).map { Double($0) }) }
        #expect(HeatMap(title: "t", range: 0...1, columns: columns).svg(width: 600).utf8.count < 400_000)
    }

    @Test func ticksAreRoundNumbers() {
        let svg = LineChart(title: "t", series: [.init("", [.init(x: 0, y: 0), .init(x: 25_000, y: 0.0003)])])
            .svg(width: 600)
        for label in ["5k", "20k", "1e-4", "2e-4", "3e-4"] { #expect(svg.contains(">\(label)</text>"), "\(label)") }
    }

    @Test func aPageLoadsNothingAndEscapesAll() {
        var page = ReportPage(title: "<b>&", subtitle: "\"s\"")
        page.heading("<i>")
        page.subheading("<u>")
        page.paragraph("<p>")
        page.table(ReportTable(head: ["<th>", "n"], rows: [["<td>", "1"]], numericColumns: [1]), caption: "<c>")
        page.figure(BarChart(title: "b", categories: ["x"], series: [.init("s", [.init(1)])]), caption: "<f>")
        page.figures([LineChart(title: "l", series: [])])
        let html = page.html
        for tag in ["<b>", "<i>", "<u>", "<c>", "<f>", "<script", "src=", "href=", "url(", "@import"] {
            #expect(!html.contains(tag), "\(tag)")
        }
        #expect(html.contains("<h1>&lt;b&gt;&amp;</h1>") && html.contains("<td class=\"number\">1</td>"))
        #expect(html.matches(of: /<svg\s/).count == 2)
    }
}

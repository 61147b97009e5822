import Digests
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
        for tag in ["<b>", "<i>", "<u>", "<c>", "<f>", "src=", "href=", "url(", "@import", "style=", "onclick"] {
            #expect(!html.contains(tag), "\(tag)")
        }
        #expect(html.contains("<h1>&lt;b&gt;&amp;</h1>") && html.contains("<td class=\"number\">1</td>"))
        // The first for a wide screen and for a narrow one.
        #expect(html.matches(of: /<svg\s/).count == 3)
    }

    /// The policy names what the page says by its digest, so that a text of a run's that gets out of its place does nothing.
    @Test func aPagesPolicyLetsItsOwnScriptRunAndNoOther() throws {
        let html = ReportPage(title: "t").html
        let policy = try #require(html.firstMatch(of: /Content-Security-Policy" content="([^"]+)"/)).output.1
        #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe"))
        for (name, source) in [("style", "style-src"), ("script", "script-src")] {
            let found = html.matches(of: try Regex("(?s)<\(name)>(.*?)</\(name)>", as: (Substring, Substring).self))
            let all = html.matches(of: try Regex("<\(name)"))
            #expect(found.count == 1 && all.count == 1)
            let text = try #require(found.first).output.1
            let digest = Data(SHA256Hasher.digest(Array(text.utf8)).bytes).base64EncodedString()
            #expect(policy.contains("\(source) 'sha256-\(digest)'"), "\(name)")
        }
    }

    @Test func onlyAPageWithAChartToSmoothHasAControl() {
        for (smoothing, isThere) in [(nil, false), (0.0, true), (20, true)] as [(Double?, Bool)] {
            var page = ReportPage(title: "t", smoothing: smoothing ?? 0)
            page.figures([LineChart(title: "l", series: [.init("a", points([1, 2]))], smoothing: smoothing)])
            #expect(page.html.contains("<form class=\"controls\"") == isThere)
        }
    }

    /// A value counts half as much for every half-life that it lies back; a gap is waited through.
    @Test func aSmoothLineIsTheMeanOfWhatCameBefore() throws {
        let values = [4.0, 0, 2, .nan, 8, 8]
        let chart = LineChart(
            title: "t", series: [.init("", points(values))], including: [0, 8], smoothing: 1)
        let svg = chart.svg(width: 400)
        let lines = svg.matches(of: /<polyline points="([^"]+)" class="(line|smooth)"/)
        #expect(lines.map { String($0.output.2) } == ["line", "line", "smooth", "smooth"])
        func heights(_ text: Substring) -> [Double] {
            text.split(separator: " ").compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
        }
        let (raw, smooth) = (lines[..<2].flatMap { heights($0.output.1) }, lines[2...].flatMap { heights($0.output.1) })
        let found = [4.0, 0, 2, 8, 8]
        for (index, x) in [0.0, 1, 2, 4, 5].enumerated() {
            let weights = [0.0, 1, 2, 4, 5][...index].map { pow(0.5, x - $0) }
            let mean = zip(weights, found).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
            // The heights of 4 and 0 say what a unit is.
            let expected = raw[1] + (raw[0] - raw[1]) / 4 * mean
            #expect(abs(smooth[index] - expected) < 0.05, "\(index)")
        }
        #expect(
            LineChart(title: "t", series: [.init("", points(values))], smoothing: 0).svg(width: 400).contains(
                "data-smooth"))
        #expect(!LineChart(title: "t", series: [.init("", points(values))]).svg(width: 400).contains("data-smooth"))
    }

    /// What the script reads stands in the picture, gaps too, and without it each line says its values itself.
    @Test func aPictureHoldsItsValues() throws {
        let svg = LineChart(title: "t", xLabel: "step", series: [.init("run <1>", points([1, 2.5, .nan, 4]))]).svg(
            width: 400)
        #expect(svg.contains("data-points=\"0,1;1,2.5|3,4\"") && svg.contains("data-name=\"run &lt;1&gt;\""))
        #expect(svg.contains("<title>run &lt;1&gt;: first 1, last 4, lowest 1, highest 4</title>"))
        let plot = try #require(svg.firstMatch(of: /data-plot="([^"]+)"/)).output.1.replacing("&quot;", with: "\"")
        let frame = try #require(try JSONSerialization.jsonObject(with: Data(plot.utf8)) as? [String: Any])
        #expect((frame["x"] as? [Double]) == [0, 3] && svg.contains("data-x=\"step\""))
        let map = HeatMap(title: "t", xLabel: "step", range: 0...1, columns: [.init(x: 7, counts: [1, 1, 1, 1])])
        #expect(map.svg(width: 400).contains("step 7: a tenth is below 0.1, half below 0.5, a tenth above 0.9"))
        let bars = BarChart(
            title: "t", categories: ["c"], series: [.init("s", [.init(2, interval: 1...3)])], format: "%.1f")
        #expect(bars.svg(width: 400).contains("<title>c, s: 2.0 (1.0 to 3.0)</title>"))
    }

    @Test func whatIsNotThereIsNotInTheLegend() {
        let lines = LineChart(
            title: "t",
            series: [.init("here", points([1, 2])), .init("absent", points([.nan, .nan])), .init("empty", [])])
        let bars = BarChart(
            title: "t", categories: ["c"],
            series: [.init("here", [.init(1)]), .init("absent", [nil]), .init("there", [.init(2)])])
        for svg in [lines.svg(width: 400), bars.svg(width: 400)] {
            #expect(svg.contains(">here</text>") && !svg.contains("absent") && !svg.contains("empty"))
        }
    }

    @Test func stepsHaveWholeTicksAndNoTwoTicksOneLabel() {
        func labels(_ chart: LineChart) -> [String] {
            chart.svg(width: 500).matches(of: /font-size="11"[^>]*>([^<]+)</).map { String($0.output.1) }
        }
        let steps = LineChart(
            title: "t", series: [.init("", (1...3).map { .init(x: Double($0), y: Double($0)) })], isWhole: true)
        #expect(labels(steps).suffix(3) == ["1", "2", "3"])
        for (low, high) in [(1.0, 1.00000002), (1, 1.00000000002), (1e9, 1e9 + 1)] {
            let near = labels(LineChart(title: "t", series: [.init("", [.init(x: 0, y: low), .init(x: 1, y: high)])]))
            let y = near.dropLast(6)
            #expect(Set(y).count == y.count, "\(near)")
        }
    }

    /// Every colour of a picture has another on a dark page, and it can be told from the page: a contrast of 3 or more.
    @Test func colorsCanBeSeenInTheDark() throws {
        let figures: [any Figure] = [
            LineChart(
                title: "t", yLabel: "y", xLabel: "x", series: (0..<7).map { .init("\($0)", points([1, 2])) },
                reference: 1),
            BarChart(title: "t", categories: ["c"], series: [.init("a", [.init(1, interval: 0...2)])]),
            HeatMap(title: "t", range: 0...1, columns: [.init(x: 1, counts: (0..<40).map { Double($0 * $0) })]),
        ]
        let html = ReportPage(title: "t").html
        var dark: [String: String] = [:]
        for rule in html.matches(of: /figure \[fill="([^"]+)"\] \{ fill: ([^;]+); \}/) {
            dark[String(rule.output.1)] = String(rule.output.2)
        }
        let colors = Set(
            figures.flatMap { $0.svg(width: 500).matches(of: /(?:fill|stroke)="([^"]+)"/).map { String($0.output.1) } }
        ).subtracting(["none", ""])
        #expect(colors.count > 20)
        for color in colors {
            let seen = try #require(dark[color], "\(color)")
            guard color.hasPrefix("#"), color != "#dddddd" else { continue }
            #expect(contrast(luminance(seen), luminance("#15171b")) >= 3, "\(color), \(seen)")
        }
    }

    /// As WCAG 2 has it.
    private func luminance(_ color: String) -> Double {
        let number = Int(color.dropFirst(), radix: 16) ?? 0
        let parts = [number >> 16, number >> 8 & 255, number & 255].map { part in
            let share = Double(part) / 255
            return share <= 0.03928 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    private func contrast(_ one: Double, _ other: Double) -> Double {
        (max(one, other) + 0.05) / (min(one, other) + 0.05)
    }
}

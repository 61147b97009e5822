/// Sizes and colours of all plots. SVG user units: CSS pixels where the figure is shown at its own size.
enum PlotStyle {
    /// In pictures; that of the page is the same (report.css).
    static let fontFamily = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"
    static let fontSize = 12.0
    static let smallFontSize = 11.0
    static let titleSize = 14.0

    static let text = "#222222"
    static let faintText = "#555555"
    static let axis = "#666666"
    static let grid = "#dddddd"
    /// Lines of intervals, on bars of any colour.
    static let strong = "#000000"

    /// Okabe and Ito's colours but for yellow, which does not print: told apart by colour-blind readers too.
    static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#333333"]
    /// A series keeps its dashes where colours are lost: on a grey printer.
    static let dashes = ["", "7 3", "2 2", "9 3 2 3", "4 4", "12 4", "1 3"]

    private static let darkColors = ["#4a9fe0", "#f08038", "#1fbd8c", "#dd94bf", "#9ad6f7", "#f2b733", "#d8d8d5"]

    /// Rules for a page that is dark: every colour of a picture in the place of which another is better to see there.
    static var darkRules: String {
        let pairs =
            [(text, "#e6e6e3"), (faintText, "#a9adb3"), (axis, "#8d929a"), (grid, "#33373e"), (strong, "#ffffff")]
            + zip(colors, darkColors) + HeatMap.darkShades
        let rules = pairs.map { light, dark in
            "  figure [fill=\"\(light)\"] { fill: \(dark); }\n  figure [stroke=\"\(light)\"] { stroke: \(dark); }\n"
        }
        return "@media screen and (prefers-color-scheme: dark) {\n\(rules.joined())}\n"
    }

    static func color(_ index: Int) -> String { colors[index % colors.count] }
    /// Where the colours begin again the dashes are others.
    static func dash(_ index: Int) -> String { dashes[(index + index / colors.count) % dashes.count] }

    /// An estimate: no font is at hand. Right for wide ones (DejaVu Sans), so that no label is cut or touches another.
    static func width(_ text: String, size: Double = fontSize) -> Double {
        let units = text.unicodeScalars.reduce(0.0) { sum, scalar in
            switch scalar {
            case "i", "j", "l", "t", "f", "r", ".", ",", ":", ";", "'", "|", "!", "(", ")", "[", "]", " ", "/":
                sum + 0.38
            case "m", "w", "M", "W", "%", "@": sum + 0.98
            case "A"..."Z": sum + 0.73
            case _ where scalar.value < 0x2E80: sum + 0.63
            default: sum + 1.05
            }
        }
        return units * size
    }

    /// As much of a text as fits, the rest an ellipsis.
    static func shortened(_ text: String, toWidth limit: Double, size: Double = fontSize) -> String {
        guard width(text, size: size) > limit else { return text }
        var kept = text
        while !kept.isEmpty, width(kept + "…", size: size) > limit { kept.removeLast() }
        return kept + "…"
    }
}

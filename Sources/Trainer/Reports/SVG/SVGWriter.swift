import Foundation

/// Writes the text of an SVG or HTML element tree: every attribute and text is escaped on its way in.
struct SVGWriter {
    private(set) var text = ""

    /// An element without content.
    mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        open(name, attributes.lazy.map { ($0.key, $0.value) }, end: "/>")
    }

    mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>, text content: String) {
        open(name, attributes.lazy.map { ($0.key, $0.value) }, end: ">")
        text += Markup.escaped(content)
        text += "</\(name)>\n"
    }

    mutating func element(
        _ name: String, _ attributes: [(String, String)], _ body: (inout SVGWriter) -> Void
    ) {
        open(name, attributes, end: ">\n")
        body(&self)
        text += "</\(name)>\n"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String, width: Double = 1) {
        element(
            "line",
            [
                "x1": Markup.number(x1), "y1": Markup.number(y1), "x2": Markup.number(x2), "y2": Markup.number(y2),
                "stroke": stroke, "stroke-width": Markup.number(width),
            ])
    }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String) {
        element(
            "rect",
            [
                "x": Markup.number(x), "y": Markup.number(y), "width": Markup.number(max(0, width)),
                "height": Markup.number(max(0, height)), "fill": fill,
            ])
    }

    /// - Parameter anchor: `start`, `middle` or `end`: which point of the text stands at `x`.
    mutating func label(
        _ content: String, _ x: Double, _ y: Double, anchor: String = "start", size: Double = PlotStyle.fontSize,
        fill: String = PlotStyle.text, bold: Bool = false
    ) {
        element(
            "text",
            [
                "x": Markup.number(x), "y": Markup.number(y), "text-anchor": anchor, "font-size": Markup.number(size),
                "fill": fill, "font-weight": bold ? "600" : "400",
            ], text: content)
    }

    private mutating func open(_ name: String, _ attributes: some Sequence<(String, String)>, end: String) {
        text += "<\(name)"
        for (key, value) in attributes { text += " \(key)=\"\(Markup.escaped(value))\"" }
        text += end
        if end == "/>" { text += "\n" }
    }
}

/// What HTML and SVG share.
enum Markup {
    /// Safe as text and between double quotes. Characters that XML forbids become U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
            default:
                let isForbidden =
                    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE
                escaped.unicodeScalars.append(isForbidden ? "\u{FFFD}" : scalar)
            }
        }
        return escaped
    }

    /// Beyond this no picture reaches, whatever is to be drawn.
    private static let farthest = 1e7

    /// Two decimals are a fiftieth of a point: more would only make files long. What lies beyond any picture, infinity too, is put where a
    /// reader of SVG still follows; what is no number is 0.
    static func number(_ value: Double) -> String {
        guard !value.isNaN else { return "0" }
        let rounded = (min(max(value, -farthest), farthest) * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}

import Digests
import Foundation

/// A report as one HTML file that loads nothing from elsewhere, made to be read on a screen of any width, light or dark, and to be printed.
///
/// Its script, the only one that its policy lets run, shows values under the pointer and smooths lines; without it the pictures stand as they are.
package struct ReportPage: Sendable {
    private static let figureWidth = 940.0
    /// Of figures side by side, and of any on a narrow screen.
    private static let halfWidth = 400.0

    private let title: String
    private let subtitle: String
    private let smoothing: Double
    private var body = ""
    private var canBeSmoothed = false

    /// A page with nothing below its head yet.
    ///
    /// - Parameters:
    ///   - subtitle: what was made when by which program.
    ///   - smoothing: where the control of smooth lines stands at first: the charts' own.
    package init(title: String, subtitle: String = "", smoothing: Double = 0) {
        self.title = title
        self.subtitle = subtitle
        self.smoothing = smoothing
    }

    /// Begins a section. The text is escaped.
    package mutating func heading(_ text: String) { body += "<h2>\(Markup.escaped(text))</h2>\n" }

    /// Begins a part of a section. The text is escaped.
    package mutating func subheading(_ text: String) { body += "<h3>\(Markup.escaped(text))</h3>\n" }

    /// Adds a paragraph of plain text, which is escaped.
    package mutating func paragraph(_ text: String) { body += "<p>\(Markup.escaped(text))</p>\n" }

    /// Adds a table below its caption, both escaped. An empty caption is left out.
    package mutating func table(_ table: ReportTable, caption: String = "") {
        if !caption.isEmpty { body += "<p class=\"caption\">\(Markup.escaped(caption))</p>\n" }
        body += table.html
    }

    /// Adds a figure as wide as the page above its caption, which is escaped. An empty caption is left out.
    package mutating func figure(_ figure: some Figure, caption: String = "") {
        note(figure)
        let wide = "<div class=\"wide\">\n\(figure.svg(width: Self.figureWidth))</div>\n"
        body += Self.html(wide + "<div class=\"narrow\">\n\(figure.svg(width: Self.halfWidth))</div>\n", caption)
    }

    /// Adds figures side by side, two to a row where there is room; nothing for none.
    package mutating func figures(_ figures: [any Figure]) {
        guard !figures.isEmpty else { return }
        for figure in figures { note(figure) }
        let drawn = figures.map { Self.html($0.svg(width: Self.halfWidth), "") }
        body += "<div class=\"row\">\n\(drawn.joined())</div>\n"
    }

    private mutating func note(_ figure: any Figure) {
        canBeSmoothed = canBeSmoothed || (figure as? LineChart)?.smoothing != nil
    }

    private static func html(_ picture: String, _ caption: String) -> String {
        let note = caption.isEmpty ? "" : "<figcaption>\(Markup.escaped(caption))</figcaption>\n"
        return "<figure>\n\(picture)\(note)</figure>\n"
    }

    /// The whole page as it is so far: a complete HTML document.
    package var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
        <title>\(Markup.escaped(title))</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <header>
        <h1>\(Markup.escaped(title))</h1>
        <p class="subtitle">\(Markup.escaped(subtitle))</p>
        </header>
        <main>
        \(canBeSmoothed ? control : "")\(body)</main>
        <script>\(Self.script)</script>
        </body>
        </html>

        """
    }

    /// Hidden until the script can do what it says.
    private var control: String {
        """
        <form class="controls" data-smoothing="\(smoothing.formatted)" hidden>
        <label>Smoothing <input type="range" min="0" value="0" step="1"><output>off</output></label>
        </form>

        """
    }

    private static let style =
        String(decoding: PackageResources.report_css, as: UTF8.self) + PlotStyle.darkRules
    private static let script = String(decoding: PackageResources.report_js, as: UTF8.self)

    /// Nothing is loaded, and nothing runs but what this file says.
    private static let policy =
        "default-src 'none'; style-src '\(source(style))'; script-src '\(source(script))'; base-uri 'none'; form-action 'none'"

    private static func source(_ text: String) -> String {
        "sha256-" + Data(SHA256Hasher.digest(Array(text.utf8)).bytes).base64EncodedString()
    }
}

extension Double {
    /// The shortest text that reads back to it, a whole number without a fraction.
    fileprivate var formatted: String { self == rounded() && magnitude < 1e15 ? String(Int(self)) : String(self) }
}

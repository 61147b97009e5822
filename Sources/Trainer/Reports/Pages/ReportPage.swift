/// A report as one HTML file: no script, nothing loaded from elsewhere, made to be read on a screen and to be printed.
package struct ReportPage: Sendable {
    private static let figureWidth = 940.0
    private static let halfWidth = 470.0

    private let title: String
    private let subtitle: String
    private var body = ""

    /// A page with nothing below its head yet.
    ///
    /// - Parameter subtitle: what was made when by which program.
    package init(title: String, subtitle: String = "") {
        self.title = title
        self.subtitle = subtitle
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
        body += Self.html(figure, width: Self.figureWidth, caption)
    }

    /// Adds figures side by side, two to a row where there is room; nothing for none.
    package mutating func figures(_ figures: [any Figure]) {
        guard !figures.isEmpty else { return }
        body += "<div class=\"row\">\n\(figures.map { Self.html($0, width: Self.halfWidth, "") }.joined())</div>\n"
    }

    private static func html(_ figure: any Figure, width: Double, _ caption: String) -> String {
        let note = caption.isEmpty ? "" : "<figcaption>\(Markup.escaped(caption))</figcaption>\n"
        return "<figure>\n\(figure.svg(width: width))\(note)</figure>\n"
    }

    /// The whole page as it is so far: a complete HTML document.
    package var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(Markup.escaped(title))</title>
        <style>
        \(Self.style)
        </style>
        </head>
        <body>
        <header>
        <h1>\(Markup.escaped(title))</h1>
        <p class="subtitle">\(Markup.escaped(subtitle))</p>
        </header>
        \(body)</body>
        </html>

        """
    }

    private static let style = """
        :root { color-scheme: light; }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 24px 28px 48px; max-width: 1040px; background: #fff; color: \(PlotStyle.text);
               font: 15px/1.5 \(PlotStyle.fontFamily); }
        h1 { font-size: 26px; line-height: 1.25; margin: 0; }
        h2 { font-size: 19px; margin: 34px 0 10px; padding-bottom: 4px; border-bottom: 1px solid #ccc; break-after: avoid; }
        h3 { font-size: 15px; margin: 20px 0 6px; break-after: avoid; }
        p { margin: 6px 0 10px; max-width: 78ch; }
        .subtitle, .caption, figcaption { color: \(PlotStyle.faintText); font-size: 13px; }
        .caption { margin-bottom: 4px; break-after: avoid; }
        figure { margin: 14px 0; break-inside: avoid; }
        figure svg { display: block; width: 100%; height: auto; max-width: 984px; }
        .row { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 4px 36px; }
        .table { overflow-x: auto; margin: 8px 0 14px; }
        table { border-collapse: collapse; font-size: 13px; line-height: 1.4; }
        th, td { padding: 3px 14px 3px 0; text-align: left; vertical-align: top; border-bottom: 1px solid #e4e4e4;
                 overflow-wrap: anywhere; min-width: 4em; }
        th { border-bottom: 1px solid #888; font-weight: 600; vertical-align: bottom; }
        td:first-child, th:first-child { overflow-wrap: normal; }
        th { overflow-wrap: normal; }
        .number { text-align: right; font-variant-numeric: tabular-nums; min-width: 0; }
        td.number { white-space: nowrap; overflow-wrap: normal; }
        tr { break-inside: avoid; }
        .emphasized td { font-weight: 600; background: #f3f1e7; }
        @page { margin: 14mm 13mm; }
        @media print {
          body { max-width: none; padding: 0; font-size: 10.5pt; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          .row { grid-template-columns: 1fr 1fr; gap: 0 8mm; }
          .table { overflow: visible; }
          th, td { padding-right: 9px; }
          table, .caption, figcaption { font-size: 8.5pt; }
        }
        """
}

/// A table of plain text with one row of titles.
package struct ReportTable: Sendable {
    /// Titles of the columns.
    package var head: [String]
    /// Cells by row and column, as many in each row as titles. Plain text, escaped where it becomes HTML.
    package var rows: [[String]]
    /// Indices of the columns whose cells are numbers: set to the right, in figures of one width.
    package var numericColumns: Set<Int>
    /// Indices of the rows to be seen first: bold on a tinted ground.
    package var emphasizedRows: Set<Int>

    package init(
        head: [String], rows: [[String]] = [], numericColumns: Set<Int> = [], emphasizedRows: Set<Int> = []
    ) {
        self.head = head
        self.rows = rows
        self.numericColumns = numericColumns
        self.emphasizedRows = emphasizedRows
    }

    var html: String {
        func row(_ cells: [String], _ tag: String) -> String {
            cells.enumerated().map { column, cell in
                let isNumeric = numericColumns.contains(column)
                return "<\(tag)\(isNumeric ? " class=\"number\"" : "")>\(Markup.escaped(cell))</\(tag)>"
            }.joined()
        }
        let body = rows.enumerated().map { index, cells in
            "<tr\(emphasizedRows.contains(index) ? " class=\"emphasized\"" : "")>\(row(cells, "td"))</tr>\n"
        }
        // What is wider than the screen is scrolled, by the keyboard too.
        let label = Markup.escaped("Table: " + head.joined(separator: ", "))
        return "<div class=\"table\" role=\"group\" aria-label=\"\(label)\" tabindex=\"0\"><table>\n<thead><tr>"
            + "\(row(head, "th"))</tr></thead>\n<tbody>\n\(body.joined())"
            + "</tbody></table></div>\n"
    }
}

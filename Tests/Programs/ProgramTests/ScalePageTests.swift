import Foundation
import TestSupport
import Testing

/// The arithmetic of docs/scale.md, computed again from the inputs that it names.
struct ScalePageTests {
    private static let page = Result { try Documentation.page("docs/scale.md") }

    /// Numbers of the rows whose first cell matches, thousands separators read.
    private static func rows(_ first: Regex<Substring>) throws -> [[Double]] {
        try page.get().text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("|"), let name = cells.first, name.wholeMatch(of: first) != nil else { return nil }
            return cells.map { cell in
                let power = cell.hasPrefix("10^") ? Double(cell.dropFirst(3)).map { pow(10, $0) } : nil
                return power ?? Double(cell.prefix { $0.isNumber || $0 == "." || $0 == "," }.replacing(",", with: ""))
                    ?? .nan
            }
        }
    }

    @Test func theGPUHoursFollowFromTheirInputs() throws {
        let rows = try Self.rows(/[\d.]+ B/)
        #expect(rows.count == 4)
        for row in rows {
            let rate = 0.4 * 989e12 / (2 * row[0] * 1e9)
            #expect(row[1] == rate.rounded())
            #expect(abs(row[2] - 1e9 / rate / 3600) <= 0.05)
            #expect(row[3] == (1e12 / rate / 3600).rounded())
        }
    }

    @Test func theRequestsFollowFromTheirSizes() throws {
        let rows = try Self.rows(/10\^\d+/)
        #expect(rows.count == 3)
        for row in rows {
            #expect(Array(row[1...]) == [1024, 131_072, 67_108_864].map { (row[0] / $0).rounded(.up) })
        }
        let flags = try Documentation.page("docs/flags.md").text
        #expect(flags.contains("| `--max-request-tokens` | `REMIT_MAX_REQUEST_TOKENS` | 131072 |"))
    }

    /// 40 bytes a segment beside 4 a token.
    @Test(arguments: [1024.0, 60.0])
    func aSideCarsBytesFollowFromItsSegments(_ tokens: Double) throws {
        let name = tokens == 60 ? "60" : "1,024"
        let page = try Self.page.get().text
        let line = try #require(page.split(separator: "\n").first { $0.contains("segments of \(name) tokens |") })
        #expect(line.contains("| \(String(format: "%.2f", 4 + 40 / tokens)) |"))
    }
}

import Flywheel
import Foundation
import TestSupport
import Testing

/// What Benchmarks/Flywheel holds.
struct CommittedReportTests {
    private static let folder = URL(fileURLWithPath: Program.root + "/Benchmarks/Flywheel")

    /// The report says what the results say, and they are those of the preset as it is.
    @Test(arguments: [FlywheelPreset.full, .noise])
    func aReportIsThatOfItsResults(_ preset: FlywheelPreset) throws {
        let folder = Self.folder.appendingPathComponent(preset.rawValue)
        let results = try JSONDecoder().decode(
            FlywheelResults.self, from: Data(contentsOf: folder.appendingPathComponent("results.json")))
        #expect(try results.plan == preset.plan(families: results.plan.families))
        let report = FlywheelReport(results)
        let (markdown, page) = try (
            String(contentsOf: folder.appendingPathComponent("report.md"), encoding: .utf8),
            String(contentsOf: folder.appendingPathComponent("report.html"), encoding: .utf8)
        )
        let isSame = report.markdown == markdown && report.html == page
        #expect(isSame, "\(preset): write the report anew with remit-trainer flywheel")
    }

    @Test(arguments: [FlywheelPreset.full, .noise])
    func thePageHasItsTable(_ preset: FlywheelPreset) throws {
        let path = "\(preset.rawValue)/report.md"
        let report = try String(contentsOf: Self.folder.appendingPathComponent(path), encoding: .utf8)
        let page = try Documentation.page("docs/flywheel.md").text
        let table = try #require(report.firstRange(of: "## Round 1")).upperBound
        let lines = report[table...].split(separator: "\n").prefix { $0.hasPrefix("|") }
        #expect(lines.count >= 6)
        for line in lines { #expect(page.contains(line), "\(line)") }
    }
}

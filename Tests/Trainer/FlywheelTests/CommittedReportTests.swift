import Flywheel
import Foundation
import Tasks
import TestSupport
import Testing

/// What Benchmarks/Flywheel holds.
struct CommittedReportTests {
    private static let folder = URL(fileURLWithPath: Program.root + "/Benchmarks/Flywheel")

    /// Studies that are committed in parts, a file a base.
    private static let inParts = FlywheelPreset.allCases.filter {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent($0.rawValue + "/parts").path)
    }

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

    /// A study in parts: its report is that of the parts, which are of the preset as it is.
    @Test(arguments: inParts)
    func aReportInPartsIsThatOfItsParts(_ preset: FlywheelPreset) throws {
        let folder = Self.folder.appendingPathComponent(preset.rawValue)
        let merged = try MergedParts(contentsOf: [folder.path])
        let plan = try #require(merged.plan)
        #expect(merged.repeated.isEmpty)
        #expect(try plan.fingerprint == preset.plan(families: TaskFamilies.names).fingerprint)
        #expect(Set(plan.seeds).isSubset(of: try preset.plan(families: TaskFamilies.names).seeds))
        let report = FlywheelReport(FlywheelResults(plan, merged.parts))
        let (markdown, page) = try (
            String(contentsOf: folder.appendingPathComponent("report.md"), encoding: .utf8),
            String(contentsOf: folder.appendingPathComponent("report.html"), encoding: .utf8)
        )
        let isSame = report.markdown == markdown && report.html == page
        #expect(isSame, "\(preset): merge the parts anew with remit-trainer flywheel --merge")
    }

    /// Pages that tell what was found.
    private static let pages = ["README.md", "docs/flywheel.md", "docs/evidence.md", "docs/comparison.md"]

    /// Every difference and every p that a page tells is one of a committed report, as it is written there.
    @Test(arguments: pages) func everyDifferenceIsAReports(_ path: String) throws {
        let prose = try Documentation.page(path).outsideOfFences.replacing(/`[^`\n]+`/, with: "")
        let told =
            prose.matches(of: /[^\w.]([+-]\d+\.\d+)/).map { String($0.output.1) }
            + prose.matches(of: /\bp 0\.\d+/).map { String($0.output) }
        let reports = try Self.reports().joined()
        for number in Set(told) { #expect(reports.contains(number), "\(path): \(number)") }
    }

    /// Of the page of evidence every number with a fraction is one of a committed report.
    @Test func everyNumberOfTheEvidenceIsAReports() throws {
        let prose = try Documentation.page("docs/evidence.md").outsideOfFences.replacing(/`[^`\n]+`/, with: "")
            .replacing(/arXiv \d{4}\.\d{5}/, with: "").replacing(/\]\([^)]*\)/, with: "")
        let told = prose.matches(of: /[^\w.](\d+\.\d+)(?!\w)/).map { String($0.output.1) }
        #expect(told.count >= 10)
        let reports = try Self.reports()
        let known = Set(reports.flatMap { $0.matches(of: /\d+\.\d+/).map { String($0.output) } })
        for number in Set(told) { #expect(known.contains(number), "\(number)") }
    }

    private static func reports() throws -> [String] {
        try (inParts + [.full, .noise]).map {
            try String(contentsOf: folder.appendingPathComponent("\($0.rawValue)/report.md"), encoding: .utf8)
        }
    }
}

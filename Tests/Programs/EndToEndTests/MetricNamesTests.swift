import Foundation
import TestSupport
import Testing

/// The dashboard and the alerts in docker/ against what a live server measures.
@Suite(.serialized) struct MetricNamesTests {
    private static let files = ["alerts.yml", "alerts.test.yml", "grafana/dashboards/remit.json"]

    /// Every name that stands in a file, histogram suffixes included.
    private static func names(in file: String) throws -> Set<String> {
        let text = try String(contentsOfFile: "\(Program.root)/docker/\(file)", encoding: .utf8)
        return Set(text.matches(of: /\b(?:remit|process)_[a-z_]+/).map { String($0.output) })
            .subtracting(["remit_key"])  // the secret of compose.yaml
    }

    @Test func theDashboardAndTheAlertsNameWhatIsMeasured() async throws {
        try await onThread {
            let store = try TemporaryDirectory()
            let server = try LiveServer(model: Demo.teacher, arguments: ["--store", store.file("store")])
            let metrics = try server.get("/metrics").body
            var measured: Set<String> = []
            for line in metrics.matches(of: /(?m)^# TYPE (\S+) (\S+)$/) {
                let (name, kind) = (String(line.output.1), line.output.2)
                measured.formUnion(kind == "histogram" ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name])
            }
            #expect(measured.count > 40)
            for file in Self.files {
                let used = try Self.names(in: file)
                #expect(used.count >= 5, "\(file)")
                #expect(used.isSubset(of: measured), "\(file) names \(used.subtracting(measured).sorted())")
            }
            // And the other way: what is measured is shown.
            let shown = try Self.names(in: Self.files[2]).map { $0.replacing(/_(bucket|sum|count)$/, with: "") }
            let families = Set(measured.map { $0.replacing(/_(bucket|sum|count)$/, with: "") })
            let notShown: Set = [
                "process_max_fds", "remit_store_hit_tokens_total", "remit_store_failed_reads_total",
                "remit_store_written_segments_total", "remit_store_written_tokens_total",
                "remit_store_evicted_segments_total", "remit_store_available",
            ]
            #expect(families.subtracting(shown).subtracting(notShown) == [])
        }
    }
}

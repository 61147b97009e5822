import Foundation
import TestSupport
import Testing

/// The whole loop as processes: remit-trainer, remit-server, HTTP, Hugging Face checkpoints between them.
@Suite(.serialized) struct FlywheelTests {
    private func flywheel(_ out: String, _ arguments: [String] = []) throws -> Program {
        try Program(start: "remit-trainer", ["flywheel", "--preset", "smoke", "--out", out] + arguments)
    }

    /// A flywheel that is killed after each of some stages, and continued, ends with the results of one that never stopped.
    @Test func aKilledFlywheelEndsWithTheSameResults() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let whole = try flywheel(directory.file("whole")).wait(timeout: 300)
            #expect(whole.status == 0, "\(whole.errors)")
            #expect(whole.output.contains("| remit |") && whole.output.contains("Too few bases for an interval"))

            let cut = directory.file("cut")
            for stage in ["pretrained", "ntp-reinforced", "round-1/remit", "round-2/domain-matched"] {
                let program = try flywheel(cut)
                _ = try program.waitFor("stage \(stage)", timeout: 300) {
                    $0.errors.contains(stage + "\n") ? true : nil
                }
                program.signal(SIGKILL)
                _ = try program.wait()
            }
            let continued = try flywheel(cut).wait(timeout: 300)
            #expect(continued.status == 0, "\(continued.errors)")
            #expect(!continued.errors.contains("pretrained\n"))
            #expect(try Self.measures(cut) == Self.measures(directory.file("whole")))
            for model in ["round-1/ntp-reinforced", "round-1/remit", "round-2/remit-reinforced"] {
                let weights = ["whole", "cut"].map {
                    FileManager.default.contents(
                        atPath: directory.file($0) + "/base-1/\(model)/model.safetensors")
                }
                let same = weights[0] != nil && weights[0] == weights[1]
                #expect(same, "\(model)")
            }
            let page = try String(contentsOfFile: cut + "/report.html", encoding: .utf8)
            #expect(page.contains("What the numbers support") && page.contains("<svg"))

            let other = try flywheel(cut, ["--seeds", "5"]).wait()
            #expect(other.status == 1 && other.errors.contains("another plan"), "\(other.errors)")
        }
    }

    /// Accuracies and losses of every model.
    private static func measures(_ out: String) throws -> Data {
        let data = try Data(contentsOf: URL(fileURLWithPath: out + "/results.json"))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let models = try #require(object["models"] as? [[String: Any]])
        #expect(models.count == 13)
        return try JSONSerialization.data(withJSONObject: models, options: .sortedKeys)
    }
}

import Foundation
import TestSupport
import Testing

/// `remit-trainer weights` takes every option that a weighting has.
@Suite struct WeightsCommandTests {
    @Test func everyOptionOfAWeightingIsTaken() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher, base: Demo.base)
            let text = "Ada has 17 eggs and finds 25 more. How many eggs?"
            func table(_ options: String...) throws -> ProgramResult {
                try Program.run("remit-trainer", ["weights", "--server", server.url, "--text", text] + options)
            }
            let sequence = try table()
            let document = try table("--centering", "document")
            #expect(document.status == 0, "\(document.errors)")
            #expect(document.output == sequence.output, "one text is one document")
            let unclipped = try table("--epsilon", "1")
            #expect(unclipped.status == 0 && unclipped.output != sequence.output)

            let half = try table("--weighting", "rho1", "--keep-fraction", "0.5")
            #expect(half.status == 0, "\(half.errors)")
            #expect(half.output.contains("mean weight 0.5"))
            let wrong = try table("--centering", "batch")
            #expect(wrong.status != 0 && wrong.errors.contains("--centering"))
        }
    }

    /// It was silent for four minutes and a half.
    @Test func aPortWhereNobodyListensIsSaid() async throws {
        try await onThread {
            let result = try Program.run(
                "remit-trainer", ["weights", "--server", "http://127.0.0.1:9", "--text", "a"], timeout: 60)
            #expect(result.status == 1 && result.output.isEmpty)
            let lines = result.errors.split(separator: "\n")
            #expect(lines.first?.hasPrefix("waiting for http://127.0.0.1:9: ") == true, "\(result.errors)")
            #expect(lines.last?.contains("no server has answered for 10 s") == true, "\(result.errors)")
        }
    }

    @Test func whatIsNoTextAndWhatIsNoKeyNamesItsFile() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let server = ["weights", "--server", "http://127.0.0.1:9"]
            let latin = try directory.write("latin.txt", [0x63, 0x61, 0x66, 0xE9, 0x0A])
            let text = try Program.run("remit-trainer", server + ["--file", latin])
            #expect(text.status == 1)
            #expect(text.errors.hasPrefix("remit-trainer: \(latin): not UTF-8 at byte 3"), "\(text.errors)")

            let keys = try directory.write("keys", Array("ada:0123456789 admin\n".utf8))
            let key = try Program.run("remit-trainer", server + ["--text", "a", "--api-key-file", keys])
            #expect(key.status == 1 && key.errors.contains(keys) && key.errors.contains("KEY alone"), "\(key.errors)")
            #expect(!key.errors.contains("0123456789"))
        }
    }
}

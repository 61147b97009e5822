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
}

import Foundation
import TestSupport
import Testing

/// Numbers beyond sense, given to the programs themselves: said in one line, never a trap.
@Suite(.serialized) struct HostileNumberTests {
    @Test(arguments: [
        ("anneal", "prefetch", "9223372036854775807", "0 to 1024"), ("anneal", "threads", "1000000000000", "1 to 1024"),
        ("reinforce", "max-new-tokens", "9223372036854775807", "1 to 1048576"),
        ("reinforce", "reward-timeout", "inf", "0.001 to 604800"),
        ("evaluate", "seed", "-1", "0 to 18446744073709551615"),
        ("flywheel", "seeds", "1,,2", "0 to 18446744073709551615"), ("flywheel", "rounds", "1000000000", "1 to 100"),
    ])
    func isRefused(_ command: String, _ flag: String, _ value: String, _ range: String) async throws {
        try await onThread {
            let byFlag = try Program.run("remit-trainer", [command, "--\(flag)=\(value)"])
            let byVariable = try Program.run(
                "remit-trainer", [command],
                environment: ["REMIT_" + flag.uppercased().replacing("-", with: "_"): value])
            for result in [byFlag, byVariable] {
                #expect(result.status == 64, "\(result.errors)")
                #expect(result.errors.contains("'\(value)' is invalid for '--\(flag)"), "\(result.errors)")
                #expect(result.errors.contains("expected ") && result.errors.contains(range), "\(result.errors)")
            }
        }
    }

    /// The largest numbers of every limit together: the program refuses what does not fit, or serves.
    @Test func theLargestLimitsDoNotOverflow() async throws {
        try await onThread {
            let most = "\(1 << 36)"
            let result = try Program.run(
                "remit-server",
                [
                    "--model", Demo.teacher, "--port", "0", "--max-batch-tokens", most, "--max-sequence-tokens", most,
                    "--max-request-tokens", most, "--max-queued-tokens", most, "--cache-tokens", most, "--max-top-k",
                    "1048576", "--max-inputs", "\(1 << 30)", "--max-body-bytes", "\(1 << 50)", "--max-buffered-bytes",
                    "\(1 << 50)",
                ])
            #expect(result.status == 1 && result.errors.contains("memory"), "\(result.status) \(result.errors)")
        }
    }
}

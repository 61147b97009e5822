import Foundation
import TestSupport
import Testing

/// What remit-trainer leaves at the end of runs, and what averages make of it, as processes.
@Suite(.serialized) struct RunEndTests {
    private static let plain = ["--weighting", "ntp"]

    private func json(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func theMovingAverageAndTheBestStudentLieBesideTheLast() async throws {
        try await onThread {
            let run = try TrainerRun()
            // So high a rate that the student as it was given stays the best.
            let flags =
                Self.plain + ["--ema", "0.5", "--keep-best", "--eval-corpus", Demo.heldOut, "--eval-every", "1"]
                + ["--stop-after-worse", "2", "--learning-rate", "0.05", "--export-every", "1"]
            let outcome = try run.anneal("run", server: nil, steps: 9, flags)
            #expect(outcome.result.status == 0, "\(outcome.result.errors)")
            #expect(outcome.result.errors.contains("ended after step 2 of 9: the held-out loss has not been below"))
            let lineage = try json(outcome.out + "/remit.json")
            #expect(lineage["steps"] as? Int == 2)
            let lowest = try #require(lineage["lowest_held_out_loss"] as? [String: Any])
            #expect(lowest["step"] as? Int == 0 && lowest["worse_since"] as? Int == 2)
            #expect(try json(outcome.out + "/best/remit.json")["steps"] as? Int == 0)

            let (last, average) = (outcome.out + "/model.safetensors", outcome.out + "/ema/model.safetensors")
            #expect(FileManager.default.contents(atPath: last) != FileManager.default.contents(atPath: average))
            #expect(try json(outcome.out + "/ema/remit.json")["moving_average"] as? Bool == true)
            #expect(lineage["moving_average"] == nil)
            for path in ["/ema", "/best", "/best/ema", "/exports/step-00000001/ema"] {
                let losses = try Program.run(
                    "remit-trainer",
                    [
                        "evaluate", "--checkpoint", outcome.out + path, "--corpus", Demo.heldOut, "--threads", "1",
                        "--json",
                    ])
                #expect(losses.status == 0, "\(path): \(losses.errors)")
            }
            // The run is over, and resumes to that.
            let again = try run.anneal("run", server: nil, steps: 9, flags + ["--resume"])
            #expect(again.result.status == 0 && again.result.errors.contains("ended after step 2 of 9"))
            #expect(FileManager.default.contents(atPath: average) != nil)
        }
    }

    @Test func whatNeedsAHeldOutLossIsRefusedWithoutOne() async throws {
        try await onThread {
            let run = try TrainerRun()
            for (flags, words) in [
                (["--keep-best"], "--keep-best goes by the held-out loss: give --eval-corpus"),
                (["--stop-after-worse", "2"], "--stop-after-worse goes by the held-out loss"),
                (["--stop-after-worse", "2", "--eval-corpus", Demo.heldOut], "give --eval-every STEPS"),
                (["--ema", "1"], "for '--ema <decay>': expected a number, 0 to 0.999999"),
                (["--parameter-group", "*nrom* learning-rate=2x"], "none is *nrom*. They are "),
                (["--parameter-group", "*norm* lr=2x"], "expected learning-rate= or weight-decay=, not lr="),
            ] {
                let outcome = try run.anneal("refused", server: nil, Self.plain + flags)
                #expect(
                    outcome.result.status == 64 && outcome.result.errors.contains(words), "\(outcome.result.errors)")
            }
        }
    }

    @Test func checkpointsAreAveraged() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            func average(_ arguments: [String]) throws -> ProgramResult {
                try Program.run("remit-trainer", ["average"] + arguments)
            }
            let out = directory.file("out")
            let pair = [Demo.base, Demo.teacher]
            let result = try average(pair + ["--weights", "1,3", "--out", out, "--out-dtype", "f32"])
            #expect(result.status == 0 && result.output.contains("0.75 of the average"), "\(result.errors)")
            let lineage = try json(out + "/remit.json")
            let members = try #require(lineage["checkpoints"] as? [[String: Any]])
            #expect(members.map { $0["share"] as? Double } == [0.25, 0.75])
            #expect(members.map { $0["path"] as? String } == pair)
            let losses = try Program.run(
                "remit-trainer",
                ["evaluate", "--checkpoint", out, "--corpus", Demo.heldOut, "--threads", "1", "--json"])
            #expect(losses.status == 0, "\(losses.errors)")

            for (arguments, status, words) in [
                (pair + ["--out", out], Int32(1), "already holds a model: choose another --out"),
                ([Demo.base, "--out", directory.file("a")], 64, "two checkpoints or more"),
                (pair + ["--weights", "1", "--out", directory.file("a")], 64, "--weights has 1 numbers for 2"),
                (pair + ["--weights", "1,0", "--out", directory.file("a")], 64, "expected a number, above 0"),
                ([Demo.base, directory.file("none"), "--out", directory.file("a")], 1, "none: it is not there"),
            ] {
                let refused = try average(arguments)
                #expect(refused.status == status && refused.errors.contains(words), "\(refused.errors)")
            }
            let other = directory.file("other")
            try FileManager.default.copyItem(atPath: Demo.base, toPath: other)
            let path = other + "/config.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let changed = text.replacing(/"rope_theta": [0-9.]+/, with: #""rope_theta": 77.0"#)
            #expect(changed != text)
            try changed.write(toFile: path, atomically: true, encoding: .utf8)
            let refused = try average([Demo.base, other, "--out", directory.file("b")])
            #expect(refused.status == 1 && refused.errors.contains("rope_theta is "), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: directory.file("b") + "/config.json"))
        }
    }
}

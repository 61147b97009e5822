import Foundation
import TestSupport
import Testing

/// The whole loop as processes: remit-trainer, remit-server, HTTP, Hugging Face checkpoints between them.
@Suite(.serialized) struct FlywheelTests {
    private func flywheel(_ out: String, _ arguments: [String] = [], in folder: String? = nil) throws -> Program {
        try Program(
            start: "remit-trainer", ["flywheel", "--preset", "smoke", "--out", out] + arguments,
            currentDirectory: folder)
    }

    /// A flywheel that is killed after each of some stages, and continued, ends with the results of one that never stopped. How its
    /// directory is typed does not matter.
    @Test func aKilledFlywheelEndsWithTheSameResults() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let whole = try flywheel(directory.file("whole")).wait()
            #expect(whole.status == 0, "\(whole.errors)\(Self.log(whole.errors))")
            #expect(whole.output.contains("| remit |") && whole.output.contains("Too few bases for an interval"))

            let cut = directory.file("cut")
            let kills = [
                ("pretrained", cut), ("ntp-reinforced", "cut"), ("round-1/remit", "./cut/"),
                ("round-2/domain-matched", cut),
            ]
            for (stage, out) in kills {
                let program = try flywheel(out, in: directory.path)
                _ = try program.waitFor("stage \(stage)") {
                    $0.errors.contains(stage + "\n") ? true : nil
                }
                program.signal(SIGKILL)
                _ = try program.wait()
            }
            let continued = try flywheel(cut).wait()
            #expect(continued.status == 0, "\(continued.errors)\(Self.log(continued.errors))")
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

            // Two runs of a base agree to the bit, and what is in its part needs no models any more.
            let (merge, merged) = (["--merge", directory.file("whole"), cut], directory.file("merged"))
            let both = try Program(start: "remit-trainer", ["flywheel", "--out", merged] + merge).wait()
            #expect(both.status == 0 && both.errors.contains("with the same numbers: base 1"), "\(both.errors)")
            #expect(try Self.measures(merged) == Self.measures(cut))
            // What was damaged and removed is made again, and nothing else.
            for file in [
                "/parts/base-1.json", "/base-1/round-1/ntp/log.jsonl", "/base-1/round-1/remit.evaluation.json",
            ] {
                try FileManager.default.removeItem(atPath: cut + file)
            }
            let mended = try flywheel(cut).wait()
            let stages = mended.errors.matches(of: /base-1\/.*/).map { String($0.output) }
            #expect(mended.status == 0, "\(mended.errors)\(Self.log(mended.errors))")
            #expect(stages == ["base-1/round-1/ntp", "base-1/round-1/remit/evaluation"], "\(mended.errors)")
            #expect(try Self.measures(cut) == Self.measures(merged))
            let again = try flywheel(cut, ["--delete-models"]).wait()
            #expect(again.status == 0 && !again.errors.contains("base-1/"), "\(again.errors)")
            #expect(!FileManager.default.fileExists(atPath: cut + "/base-1"))
            #expect(try Self.measures(merged) == Self.measures(cut))

            let other = try flywheel(cut, ["--seeds", "5"]).wait()
            #expect(other.status == 1 && other.errors.contains("another plan"), "\(other.errors)")
        }
    }

    /// A server that dies takes the flywheel with it, and says so: the trainer would wait for it for ever.
    @Test func aFlywheelWhoseServerDiesEndsAndIsContinued() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let out = directory.file("out")
            let program = try flywheel(out)
            let server = try program.waitFor("a taught stage and its server") {
                $0.errors.contains("round-1/remit\n") ? Self.server(of: out) : nil
            }
            kill(server, SIGKILL)
            let ended = try program.wait()
            #expect(ended.status == 1 && ended.errors.contains("ended with status 137"), "\(ended.errors)")
            #expect(ended.errors.contains("logs/base-1.server.log"), "\(ended.errors)")
            let continued = try flywheel(out).wait()
            #expect(continued.status == 0, "\(continued.errors)\(Self.log(continued.errors))")
            #expect(!continued.errors.contains("pretrained\n"))
        }
    }

    /// The server's process, found by the file in which it is to write its port; nil where there is none.
    private static func server(of out: String) -> pid_t? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.first { number in
            let command = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
            let words = command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.first?.hasSuffix("remit-server") == true
                && words.contains(out + "/logs/base-1.server.log.port")
        }
    }

    /// Ranges of seeds are checked before anything is made.
    @Test(arguments: ["3-1", "1-", "-2", "1-5000", "a-b", "1,,2"]) func seedsThatAreNoneAreRefused(_ seeds: String)
        async throws
    {
        try await onThread {
            let directory = try TemporaryDirectory()
            let refused = try flywheel(directory.file("out"), ["--seeds=" + seeds]).wait()
            #expect(refused.status == 64 && refused.errors.contains("--seeds"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: directory.file("out")))
        }
    }

    /// What the stage that failed has said, as the error names it.
    private static func log(_ errors: String) -> String {
        guard let path = errors.firstMatch(of: /its output is ([^)]+)\)/)?.output.1 else { return "" }
        return String(decoding: FileManager.default.contents(atPath: String(path)) ?? Data(), as: UTF8.self)
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

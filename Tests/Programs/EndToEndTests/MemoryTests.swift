import Checkpoints
import Foundation
import JSONValues
import Tensors
import TestSupport
import Testing
import Transformers

/// What the programs say of their memory, held against the peak of child processes.
@Suite(.serialized) struct MemoryTests {
    static let vocabulary = 16_384

    /// Two layers of width 64 with a long context and a vocabulary whose logits would show: 64 KiB a token.
    private static func makeModel(_ directory: String) throws {
        let fields: JSONObject = [
            "model_type": .string("llama"), "hidden_size": .integer(64), "num_hidden_layers": .integer(2),
            "num_attention_heads": .integer(1), "num_key_value_heads": .integer(1), "head_dim": .integer(16),
            "intermediate_size": .integer(64), "vocab_size": .integer(vocabulary),
            "max_position_embeddings": .integer(32_768), "rms_norm_eps": .number(1e-5),
            "tie_word_embeddings": .bool(true),
        ]
        let model = try TrainableTransformer(
            configuration: ConfigurationObject(fields, source: "config.json"), seed: 1, workers: WorkerPool(threads: 1))
        try model.save(to: directory, elementType: .bf16)
        try FileManager.default.copyItem(
            atPath: Demo.teacher + "/tokenizer.json", toPath: directory + "/tokenizer.json")
    }

    private static func peakResidentBytes(_ program: Program) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(program.processIdentifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kibibytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) }
        return try #require(kibibytes) << 10
    }

    /// 100 batches of the longest sequences; the logits of one batch would be 64 MiB.
    @Test func theServerStaysBelowTheBoundItStates() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let model = directory.file("model")
            try MemoryTests.makeModel(model)
            let server = try LiveServer(
                model: model,
                arguments: [
                    "--max-batch-tokens", "1024", "--max-request-tokens", "25600", "--max-queued-tokens", "25600",
                    "--cache-tokens", "0",
                ])
            for request in 0..<4 {
                let inputs = (0..<25).map { input in
                    let ids = (0..<1024).map { String(($0 * 7919 + 25 * request + input) % MemoryTests.vocabulary) }
                    return #"{"token_ids":[\#(ids.joined(separator: ","))]}"#
                }
                let body = try directory.write("body", #"{"inputs":[\#(inputs.joined(separator: ","))]}"#.utf8)
                let answer = try server.post("/v1/logprobs", "@" + body)
                #expect(answer.status == 200, "\(answer.body.prefix(300))")
            }
            let info = try JSONSerialization.jsonObject(with: Data(server.get("/info").body.utf8)) as? [String: Any]
            let bound = try #require(info?["memory_bound_bytes"] as? Int)
            let peak = try MemoryTests.peakResidentBytes(server.program)
            #expect(peak <= bound, "\(peak) bytes were resident, the bound is \(bound)")
            #expect(bound - peak < 64 << 20, "\(bound) and \(peak): what the bound excludes would fit between")
        }
    }

    /// Clients that ask for a stream and stop reading cost their request, as it came and as it was understood; the lines of the
    /// answer are not made before they can be sent. After --write-timeout they are gone, and others never noticed.
    @Test func readersThatStopHoldTheirRequestAndNoMore() async throws {
        try await onThread {
            let server = try LiveServer(model: Demo.teacher, arguments: ["--write-timeout", "2"])
            let inputs = (0..<400).map { input in
                let ids = (0..<40).map { String(($0 * 31 + input * 7) % 256) }
                return
                    #"{"id":"\#(String(repeating: "x", count: 30_000))","token_ids":[\#(ids.joined(separator: ","))]}"#
            }
            let body = Array(#"{"inputs":[\#(inputs.joined(separator: ","))]}"#.utf8)
            let small = #"{"inputs":[{"token_ids":[1,2,3]}]}"#
            let directory = try TemporaryDirectory()
            let whole = try server.post("/v1/logprobs", "@" + directory.write("body", body))
            #expect(whole.status == 200)
            let before = try MemoryTests.peakResidentBytes(server.program)
            let readers = 8
            let stopped = try (0..<readers).map { _ in
                try StoppedReader(
                    port: server.port, path: "/v1/logprobs", accept: "application/x-ndjson", body: body)
            }
            _ = try server.program.waitFor("the write deadline of all") { _ in
                guard (try? server.post("/v1/logprobs", small))?.status == 200,
                    let metrics = try? server.get("/metrics").body
                else { return nil as Bool? }
                return metrics.contains("remit_connection_errors_total{kind=\"write_timed_out\"} \(readers)\n")
                    ? true : nil
            }
            let growth = try MemoryTests.peakResidentBytes(server.program) - before
            #expect(growth < readers * body.count * 5 / 2, "\(growth) bytes for \(readers) requests of \(body.count)")
            withExtendedLifetime(stopped) {}
            #expect(try server.stop() == 0)
        }
    }

    /// A few kilobytes of gzip that become a text of millions of tokens cost what requests may hold, and no more.
    @Test func aTextOfMillionsOfTokensIsRefusedForLittle() async throws {
        try await onThread {
            let server = try LiveServer(
                model: Demo.teacher,
                arguments: [
                    "--max-body-bytes", "16MiB", "--max-buffered-bytes", "80MiB", "--max-request-tokens", "16384",
                ])
            let directory = try TemporaryDirectory()
            let text = String(repeating: "1 ", count: (16 << 20) / 2 - 1024)
            let bodies = [
                "/v1/tokenize": #"{"text":"\#(text)"}"#, "/v1/logprobs": #"{"inputs":[{"text":"\#(text)"}]}"#,
            ]
            let before = try MemoryTests.peakResidentBytes(server.program)
            for (path, body) in bodies {
                let file = try directory.write("body", body.utf8)
                #expect(try Program.run("/usr/bin/gzip", ["-f", file]).status == 0)
                let reply = try curl([
                    server.url + path, "-H", "Content-Encoding: gzip", "--data-binary", "@" + file + ".gz",
                ])
                #expect(reply.status == 413 && reply.body.contains("request-too-large"), "\(reply.body.prefix(300))")
            }
            let growth = try MemoryTests.peakResidentBytes(server.program) - before
            #expect(growth < 128 << 20, "\(growth) bytes for texts of \(text.utf8.count)")
            #expect(try server.stop() == 0)
        }
    }

    /// What the doctor says of a run's memory, held against the peak of that run.
    @Test(arguments: [1, 6]) func aRunTakesTheMemoryThatTheDoctorStates(_ microBatch: Int) async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let model = directory.file("model")
            try MemoryTests.makeModel(model)
            let options = [
                "--student", model, "--corpus", Demo.corpus, "--weighting", "ntp", "--sequence-length", "512",
                "--batch-sequences", "6", "--micro-batch-sequences", "\(microBatch)", "--steps", "200", "--out",
                directory.file("run"),
            ]
            let doctor = try Program.run("remit-trainer", ["doctor"] + options)
            let stated = try #require(
                doctor.output.firstMatch(of: /memory +about ([0-9.]+)([MG])B at/), "\(doctor.output)")
            let bytes = try #require(Double(stated.1)) * (stated.2 == "G" ? 1e9 : 1e6)
            let run = try Program(start: "remit-trainer", ["anneal"] + options)
            _ = try run.waitFor("three steps") { _ in
                (try? String(contentsOfFile: directory.file("run/log.jsonl"), encoding: .utf8))?.contains("\"step\":3")
                    == true
                    ? true : nil
            }
            let peak = Double(try MemoryTests.peakResidentBytes(run))
            run.signal(SIGTERM)
            _ = try run.wait()
            #expect(abs(bytes - peak) < 0.1 * peak, "\(bytes) bytes were stated, \(peak) were resident")
        }
    }

    /// No T x T matrix and no [T, V] logits: twice the tokens take about twice the memory, and no more than is stated.
    @Test func memoryGrowsAsTheSegmentDoes() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let model = directory.file("model")
            try MemoryTests.makeModel(model)
            let peaks = try [16_384, 32_768].map { tokens in
                let result = try Program.run("BenchmarkModels", ["memory", model, String(tokens), "1"])
                let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Int]
                let peak = try #require(report?["peak_rss"])
                let loaded = try #require(report?["peak_rss_after_loading"])
                let scratch = try #require(report?["scratch_bound"])
                #expect(peak <= loaded + scratch + (16 << 20), "\(tokens) tokens: \(result.output)")
                return peak
            }
            #expect(Double(peaks[1]) <= 2.2 * Double(peaks[0]), "\(peaks)")
        }
    }
}

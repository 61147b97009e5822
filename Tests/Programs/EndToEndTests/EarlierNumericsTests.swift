import Digests
import Foundation
import Tensors
import TestSupport
import Testing
import Transformers

/// What the arithmetic of an earlier version scored, in a store and in a side-car: it is neither served nor trained on unasked.
@Suite(.serialized) struct EarlierNumericsTests {
    /// The demo teacher's on this machine: as it is now, and of the version before.
    private static func fingerprints(_ scores: String, _ model: String) throws -> (
        now: SHA256Digest, before: SHA256Digest
    ) {
        let (now, model) = (try #require(SHA256Digest(hex: scores)), try #require(SHA256Digest(hex: model)))
        let path = try #require(
            KernelPath.supported.map { $0.name(for: .f32) }.first {
                ScoresFingerprint(model: model, precision: .f32, kernelPath: $0).digest == now
            })
        let before = ScoresFingerprint(
            model: model, precision: .f32, numericsVersion: Precision.f32.numericsVersion - 1, kernelPath: path)
        return (now, before.digest)
    }

    @Test func aStoreOfBeforeIsNotServed() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let ask = #"{"inputs":[{"text":"Ada has 17 eggs and finds 25 more."}]}"#
            func server() throws -> LiveServer {
                try LiveServer(model: Demo.teacher, arguments: ["--store", directory.file("store")])
            }
            let first = try server()
            let answer = try Self.object(first.post("/v1/logprobs", ask).body)
            #expect(try first.stop() == 0)
            let (now, before) = try Self.fingerprints(
                try #require(answer["scores_fingerprint"] as? String),
                try #require(answer["model_fingerprint"] as? String))

            // As if the version before had filled it.
            let path = directory.file("store/scores.sqlite")
            var database = try Data(contentsOf: URL(fileURLWithPath: path))
            let places = database.ranges(of: Data(now.bytes))
            #expect(!places.isEmpty)
            for place in places { database.replaceSubrange(place, with: Data(before.bytes)) }
            try database.write(to: URL(fileURLWithPath: path))

            let second = try server()
            #expect(try Self.object(second.post("/v1/logprobs", ask).body)["scores_fingerprint"] as? String == now.hex)
            let metrics = try second.get("/metrics").body
            #expect(metrics.contains("remit_store_lookups_total{result=\"hit\"} 0"), "\(metrics)")
            #expect(!metrics.contains("remit_tokens_total{source=\"computed\"} 0"))
            #expect(try second.stop() == 0)
        }
    }

    @Test func aSideCarOfBeforeTrainsNothingUnasked() async throws {
        try await onThread {
            let run = try TrainerRun()
            let scores = run.directory.file("scores")
            let scored = try Program.run(
                "remit-server",
                [
                    "score", "--model", Demo.teacher, "--tokenizer", Demo.base, "--corpus", run.corpus,
                    "--sequence-length", "64", "--out", scores, "--threads", "1",
                ])
            #expect(scored.status == 0, "\(scored.errors)")
            let manifest = scores + "/manifest.json"
            var fields = try Self.object(String(contentsOfFile: manifest, encoding: .utf8))
            var description = try #require(fields["description"] as? [String: Any])
            let (_, before) = try Self.fingerprints(
                try #require(description["scores_fingerprint"] as? String),
                try #require(description["model_fingerprint"] as? String))
            description["scores_fingerprint"] = before.hex
            fields["description"] = description
            // The first format had no digest.
            fields["format"] = 1
            fields["manifest_sha256"] = nil
            try JSONSerialization.data(withJSONObject: fields).write(to: URL(fileURLWithPath: manifest))

            let files = ["--logprobs-from", scores]
            let refused = try run.anneal("refused", server: nil, files)
            #expect(
                refused.result.status == 1
                    && refused.result.errors.contains("another numerics version: it has 1, the run 2"),
                "\(refused.result.errors)")
            #expect(try refused.steps().isEmpty)
            let arguments = ["doctor"] + run.arguments("never", servers: []).dropFirst() + files
            let doctor = try Program.run("remit-trainer", arguments)
            #expect(doctor.status == 1 && doctor.output.contains("numerics version"), "\(doctor.output)")
            let asked = try run.anneal("asked", server: nil, files + ["--allow-numerics-change"])
            #expect(asked.result.status == 0, "\(asked.result.errors)")
        }
    }

    private static func object(_ json: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }
}

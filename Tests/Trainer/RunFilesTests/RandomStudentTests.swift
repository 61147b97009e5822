import Checkpoints
import RunFiles
import Testing

/// The student of a pretraining has one name in every process: a run is resumed by another one than began it.
struct RandomStudentTests {
    private static let plain = """
        {"model_type": "llama", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1,
         "num_attention_heads": 2, "vocab_size": 4096MORE}
        """

    private func student(_ more: String = "", seed: UInt64 = 3) throws -> RandomStudent {
        let json = Self.plain.replacing("MORE", with: more)
        return RandomStudent(try ConfigurationObject(parsing: Array(json.utf8), source: "config.json"), seed: seed)
    }

    private let yarn = [
        #""rope_type": "yarn""#, #""rope_theta": 10000.0"#, #""factor": 2.0"#, #""beta_fast": 32"#, #""beta_slow": 1"#,
        #""mscale": 1.0"#, #""mscale_all_dim": 1.0"#, #""truncate": true"#, #""attention_factor": 1.5"#,
        #""original_max_position_embeddings": 1024"#,
    ]

    private func rope(_ members: [String]) -> String { ", \"rope_parameters\": {\(members.joined(separator: ", "))}" }

    /// The digests are those of hashlib in Python.
    @Test func theFingerprintIsOneInEveryProcess() throws {
        let (plain, large) = (try student().fingerprint, try student(rope(yarn)).fingerprint)
        #expect("\(plain)" == "414bc1fb5967e244d808d97129bd57ffcf765bd64d25437dc4fd403811dfdf83")
        #expect("\(large)" == "8acdeba4477fee0fc4db85fb173fc1e8b3f851650a6185ee9222f95c206ed2ff")
    }

    @Test func theOrderOfMembersDoesNotCountAndTheirValuesDo() throws {
        let whole = try student(rope(yarn)).fingerprint
        #expect(try student(rope(yarn.reversed())).fingerprint == whole)
        #expect(try student(rope(yarn.map { $0.replacing("10000.0", with: "10000") })).fingerprint == whole)
        #expect(try student(rope(yarn.map { $0.replacing("1024", with: "1025") })).fingerprint != whole)
        #expect(try student(rope(yarn), seed: 4).fingerprint != whole)
    }

    /// That of a run of the earlier version, of the same configuration and seed.
    @Test func aRunOfTheEarlierVersionIsRecognized() throws {
        let earlier = try student().earlierFingerprint
        #expect("\(earlier)" == "f1707c2b7cf7056bf24025375dc391560753f826b5f8ed1022ec995357061a90")
    }
}

import Foundation
import TestSupport
import Testing

/// remit-trainer pretrain, as processes.
@Suite(.serialized) struct PretrainingRunTests {
    /// An object of more than 8 members printed in another order in each process, and the student's fingerprint was of that.
    @Test func aStudentWithALargeObjectInItsConfigurationIsResumed() async throws {
        try await onThread {
            let run = try TrainerRun()
            let config = try run.directory.write(
                "run.yaml",
                Data(
                    """
                    model:
                      {model_type: llama, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 1,
                       num_attention_heads: 2, vocab_size: 4096, max_position_embeddings: 64,
                       rope_parameters:
                         {rope_type: yarn, rope_theta: 10000.0, factor: 2.0, beta_fast: 32, beta_slow: 1, mscale: 1.0,
                          mscale_all_dim: 1.0, truncate: true, attention_factor: 1.5,
                          original_max_position_embeddings: 32}}
                    tokenizer: \(Demo.base)
                    data: {corpus: \(run.corpus), sequence-length: 32}
                    optimizer: {steps: 4, batch-sequences: 2}
                    run: {save-every: 2, keep-checkpoints: 9, threads: 1, out-dtype: f32}
                    """.utf8))
            func pretrain(_ name: String, _ more: [String] = []) throws -> Outcome {
                let out = run.directory.file(name)
                let arguments = ["pretrain", "--config", config, "--out", out] + more
                return Outcome(result: try Program.run("remit-trainer", arguments), out: out)
            }
            let whole = try pretrain("whole")
            #expect(whole.result.status == 0, "\(whole.result.errors)")
            let expected = try whole.weightsFile()
            for more in [["--resume-from", "2"], ["--resume"]] {
                let resumed = try pretrain("whole", more)
                #expect(resumed.result.status == 0, "\(resumed.result.errors)")
                let isSame = try resumed.weightsFile() == expected
                #expect(isSame, "\(more)")
            }
        }
    }
}

import Checkpoints
import Digests
import Foundation
import Logging
import Scoring
import ScoringAPI
import ScoringServer
import Tensors
import Tokenizers
import Transformers

/// Reads the weights and makes engines of them.
struct ModelLoader {
    let configuration: ServerConfiguration
    let queue: ScoreQueue
    let logger: Logger

    func load(_ files: ModelFiles) throws -> LoadedModels {
        let workers = WorkerPool(threads: configuration.threads)
        MatrixMultiply.useCallingThreadOnly()
        let teacher = try model(files.teacher, name: configuration.name, workers: workers)
        let base = try files.base.map { checkpoint in
            let name = URL(fileURLWithPath: checkpoint.directory).standardizedFileURL.lastPathComponent
            return try model(checkpoint, name: name, workers: workers, sharing: teacher)
        }
        let unshared = files.baseTokenizer.map { unsharedTokens(files.tokenizer, $0) } ?? []
        let models = LoadedModels(
            teacher: teacher, base: base, tokenizer: files.tokenizer, unsharedTokenIDs: unshared,
            kernelPath: teacher.selfCheck?.kernelPath ?? workers.path.name)
        try warmUp(models)
        return models
    }

    /// - Parameter other: loaded already; where it is the same model, its weights serve both.
    private func model(
        _ checkpoint: Checkpoint, name: String, workers: WorkerPool, sharing other: LoadedModel? = nil
    ) throws -> LoadedModel {
        let start = ContinuousClock.now
        let precision = configuration.precision == .bf16 ? Precision.bf16 : .f32
        let transformer = try FrozenTransformer(checkpoint: checkpoint, precision: precision, workers: workers)
        let selfCheck = try transformer.checkRows()
        logger.info(
            "self-check passed: a row has the same bits at every place of a block",
            metadata: [
                "name": "\(name)", "kernel_path": "\(selfCheck.kernelPath)",
                "weight_shapes": "\(selfCheck.weightShapes)", "rows_compared": "\(selfCheck.rowsCompared)",
                "milliseconds": "\(selfCheck.milliseconds)",
            ])
        let engine = LocalEngine(transformer)
        let description = transformer.description
        let isShared = other?.scoresFingerprint == engine.scoresFingerprint
        logger.info(
            "model loaded",
            metadata: [
                "name": "\(name)", "family": "\(description.family)", "parameters": "\(description.parameterCount)",
                "precision": "\(precision.rawValue)", "model_fingerprint": "\(transformer.modelFingerprint.hex)",
                "seconds": "\((ContinuousClock.now - start) / .seconds(1))",
            ])
        return LoadedModel(
            name: name, engine: isShared ? other?.engine ?? engine : engine, family: description.family,
            parameterCount: description.parameterCount, vocabularySize: description.vocabularySize,
            contextLength: description.contextLength, modelFingerprint: transformer.modelFingerprint,
            precision: precision.rawValue, weightBytes: isShared ? 0 : transformer.weightByteCount,
            scratchBytes: isShared
                ? 0
                : transformer.scratchByteCount(
                    maxBatchTokens: configuration.limits.maxBatchTokens,
                    maxSegmentTokens: min(configuration.limits.maxSequenceTokens, description.contextLength)),
            selfCheck: SelfCheckInfo(
                kernelPath: selfCheck.kernelPath, weightShapes: selfCheck.weightShapes,
                rowsCompared: selfCheck.rowsCompared, milliseconds: selfCheck.milliseconds))
    }

    /// Added tokens do not count for the fingerprint: RL models bring their own. One that the two models do not share is
    /// an error only where it occurs in an input that the base has to score.
    private func unsharedTokens(_ teacher: Tokenizer, _ base: Tokenizer) -> Set<Int32> {
        let ofTeacher = Dictionary(teacher.addedTokens.map { ($0.id, $0.content) }) { first, _ in first }
        let ofBase = Dictionary(base.addedTokens.map { ($0.id, $0.content) }) { first, _ in first }
        let unshared = Set(ofTeacher.keys).union(ofBase.keys).filter { ofTeacher[$0] != ofBase[$0] }
        if !unshared.isEmpty {
            let named = unshared.sorted().prefix(20).map { id in
                "\(id): \(ofTeacher[id] ?? "none") / \(ofBase[id] ?? "none")"
            }
            logger.warning(
                "teacher and base do not share all added tokens",
                metadata: ["count": "\(unshared.count)", "tokens": "\(named.joined(separator: ", "))"])
        }
        return unshared
    }

    private func warmUp(_ models: LoadedModels) throws {
        for model in [models.teacher] + (models.base.map { [$0] } ?? []) {
            let rules = SequenceRules(
                vocabularySize: model.vocabularySize,
                maxSequenceTokens: models.maxSequenceTokens(configuration.limits))
            let rate = try WarmUp.run(model.engine, rules: rules, queue: queue)
            logger.info(
                "warmed up", metadata: ["name": "\(model.name)", "tokens_per_second": "\(Int(rate.rounded()))"])
        }
    }
}

extension SelfCheckReport {
    fileprivate var milliseconds: Int { Int((duration / .milliseconds(1)).rounded()) }
}

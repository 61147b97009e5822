import Digests
import LocalEngines
import Logging
import ScoringAPI
import ScoringServer
import Transformers

extension LoadedModel {
    /// An engine under the name by which it is served.
    init(_ engine: LocalEngine, name: String) {
        let (description, check) = (engine.description, engine.selfCheck)
        self.init(
            name: name, engine: engine.engine, family: description.family, parameterCount: description.parameterCount,
            vocabularySize: description.vocabularySize, contextLength: description.contextLength,
            modelFingerprint: engine.modelFingerprint, precision: engine.precision.rawValue,
            parameterBytes: engine.footprint.parameterBytes, scratchBytes: engine.footprint.scratchBytes,
            loadingBytes: engine.footprint.loadingBytes,
            selfCheck: SelfCheckInfo(
                kernelPath: check.kernelPath, weightShapes: check.weightShapes, rowsCompared: check.rowsCompared,
                milliseconds: check.milliseconds),
            engineInfo: { EngineInfo(kind: EngineInfo.local, weights: "hashed", isBitReproducible: true) })
    }
}

extension EngineLoader {
    /// Says in the log what a model is that was loaded, and what it takes.
    func say(_ engine: LocalEngine, as name: String, to logger: Logger) {
        let (description, check) = (engine.description, engine.selfCheck)
        for remark in description.remarks { logger.warning("\(remark)", metadata: ["name": "\(name)"]) }
        logger.info(
            "self-check passed: a row has the same bits at every place of a block",
            metadata: [
                "name": "\(name)", "kernel_path": "\(check.kernelPath)", "weight_shapes": "\(check.weightShapes)",
                "rows_compared": "\(check.rowsCompared)", "milliseconds": "\(check.milliseconds)",
            ])
        logger.info(
            "model loaded",
            metadata: [
                "name": "\(name)", "family": "\(description.family)", "parameters": "\(description.parameterCount)",
                "precision": "\(precision.rawValue)", "model_fingerprint": "\(engine.modelFingerprint.hex)",
                "seconds": "\(engine.loadingTime / .seconds(1))", "memory_bytes": "\(budget.inUse)",
                "memory_limit_bytes": "\(budget.limit)",
            ])
    }
}

extension SelfCheckReport {
    fileprivate var milliseconds: Int { Int((duration / .milliseconds(1)).rounded()) }
}

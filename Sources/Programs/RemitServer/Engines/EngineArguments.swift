import ArgumentParser
import CommandLines
import Foundation
import HTTPClient
import JSONValues
import RemoteEngines
import ScoringAPI

extension EngineAddress {
    /// Reads `vllm=URL` or `sglang=URL`.
    ///
    /// - Throws: `ValidationError` for anything else, with what is expected.
    init(written text: String) throws {
        guard let address = EngineAddress(text) else {
            throw ValidationError("expected vllm=URL or sglang=URL, as in vllm=http://localhost:8000")
        }
        self = address
    }
}

extension EngineAddress: SettingValue {
    /// Kind and URL, as the flag takes them.
    package var setting: JSONValue { .string(description) }
}

/// The flags of a teacher that vLLM or SGLang computes.
package struct EngineArguments: ParsableArguments, Sendable {
    package init() {}

    @Option(
        help: ArgumentHelp(
            "The teacher is computed there: vllm=URL or sglang=URL; --model then gives tokenizer and config.json (repeatable: replicas).",
            valueName: "kind=url"), transform: EngineAddress.init(written:))
    var engine: [EngineAddress] = []
    @Option(help: "The model's name at the engine (default: the only one that it lists).")
    var engineModel: String?
    @Option(
        help: ArgumentHelp("A file with the engine's API key in its first line.", valueName: "file"),
        completion: .file())
    var engineKeyFile: PathArgument?
    @Option(
        help: ArgumentHelp(
            "Certificate authorities (PEM) to trust for the engine instead of the system's.", valueName: "file"),
        completion: .file())
    var engineCaFile: PathArgument?
    @Option(
        help: ArgumentHelp(
            "What the engine's weights are, where --model has no tensors to hash: a name that changes with them.",
            valueName: "id"))
    var engineWeights: String?
    @Option(
        help:
            "What else decides the engine's numbers and goes into the scores fingerprint: number format, quantization, parallelism."
    )
    var engineLabel = ""
    @Option(
        in: TimeSpan(.seconds(1))...TimeSpan(.seconds(31_536_000)),
        help:
            "How often the engine scores its canaries again, which tell whether it is still the same model; more often while scores wait to be stored."
    )
    var engineCheckEvery = TimeSpan(.seconds(600))
    @Option(in: 1...65_536, help: "Most requests at one engine URL at a time.")
    var engineMaxInFlight = 256
    @Option(
        in: TimeSpan(.seconds(1))...TimeSpan(.seconds(86_400)), help: "Longest time for one request to an engine.")
    var engineTimeout = TimeSpan(.seconds(600))
    @Option(
        help: ArgumentHelp(
            "Directory in which canaries and the digests of weights are kept (default: that of --store, else nowhere, of score OUT/engine).",
            valueName: "dir"), completion: .directory)
    var engineState: PathArgument?

    /// How an engine is used; nil where none is named.
    ///
    /// - Throws: `ValidationError` for URLs of two kinds or a key file that holds none.
    func settings() throws -> EngineSettings? { try settings(engine, weights: engineWeights, flag: "--engine") }

    func settings(_ addresses: [EngineAddress], weights: String?, flag: String) throws -> EngineSettings? {
        guard let first = addresses.first else { return nil }
        guard addresses.allSatisfy({ $0.kind == first.kind }) else {
            throw ValidationError("\(flag): the engines of one model are of one kind")
        }
        return EngineSettings(
            addresses: addresses, model: engineModel, apiKey: try key(), caFile: engineCaFile?.path,
            declaredWeights: weights, label: engineLabel, checkEvery: engineCheckEvery.duration,
            maxInFlight: engineMaxInFlight, timeout: engineTimeout.duration)
    }

    /// An engine that a request names; key, authorities and limits are those of the flags.
    ///
    /// - Throws: `ValidationError` for what is no URL of an engine.
    func settings(_ request: EngineRequest) throws -> EngineSettings? {
        let addresses = try request.urls.map { text in
            do {
                return try EngineAddress(written: text)
            } catch {
                throw ValidationError("\(text): \(error)")
            }
        }
        var settings = try settings(addresses, weights: request.weights, flag: "engine")
        settings?.model = request.model
        settings?.label = request.label ?? ""
        return settings
    }

    private func key() throws -> APIKey? {
        guard let path = engineKeyFile?.path else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ValidationError("--engine-key-file \(path): it is not there, or not readable for this user")
        }
        do {
            return try APIKey(String(text.prefix { !$0.isNewline }))
        } catch {
            throw ValidationError("--engine-key-file \(path): \(error), expected in its first line")
        }
    }

    /// The first flag that is about an engine, where none is named; nil where there is none such.
    var withoutEngine: String? {
        guard engine.isEmpty else { return nil }
        let given = [
            ("--engine-model", engineModel != nil), ("--engine-key-file", engineKeyFile != nil),
            ("--engine-ca-file", engineCaFile != nil), ("--engine-weights", engineWeights != nil),
            ("--engine-label", !engineLabel.isEmpty), ("--engine-state", engineState != nil),
        ]
        return given.first { $0.1 }.map { "\($0.0) without --engine: there is no engine that it could be about" }
    }
}

import CommandLines
import JSONValues
import ScoringServer
import Tensors

extension ServerConfiguration {
    /// Every flag of `serve` under its JSON name, with the value in force: given, or the default.
    static func settings(
        _ options: ServerOptions, workers: (threads: Int, path: KernelPath), name: String, limits: ServiceLimits,
        maxMemory: Int
    ) -> ServiceSettings {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        let values: JSONObject = [
            "model": text(options.model), "base": text(options.base), "name": text(name),
            "precision": text(options.precision.rawValue), "threads": .integer(workers.threads),
            "kernel_path": text("\(workers.path)"),
            "ignore_config_field": .array(options.ignoreConfigField.map { .string($0.name) }),
            "host": text(options.host), "port": .integer(options.port),
            "port_file": text(options.portFile),
            "allowed_host": .array(options.allowedHost.map { .string($0) }),
            "allowed_origin": .array(options.allowedOrigin.map { .string($0) }),
            "api_key_file": text(options.apiKeyFile), "insecure": .bool(options.insecure),
            "store": text(options.store),
            "store_max_bytes": options.store == nil
                ? .null : .integer((options.storeMaxBytes ?? defaultStoreBytes).bytes),
            "models_dir": text(options.modelsDir), "max_memory": .integer(maxMemory),
            "admin_without_key": .bool(options.adminWithoutKey), "max_batch_tokens": .integer(limits.maxBatchTokens),
            "max_sequence_tokens": .integer(limits.maxSequenceTokens),
            "max_request_tokens": .integer(limits.maxRequestTokens),
            "max_queued_tokens": .integer(limits.maxQueuedTokens), "cache_tokens": .integer(limits.cacheTokens),
            "max_top_k": .integer(limits.maxTopK),
            "max_inputs": .integer(limits.maxInputs), "max_body_bytes": .integer(limits.maxBodyBytes),
            "max_buffered_bytes": .integer(limits.maxBufferedBytes),
            "max_connections": .integer(options.maxConnections), "idle_timeout": .integer(options.idleTimeout),
            "header_timeout": .integer(options.headerTimeout), "body_timeout": .integer(options.bodyTimeout),
            "write_timeout": .integer(options.writeTimeout), "request_timeout": .integer(options.requestTimeout),
            "drain_timeout": .integer(options.drainTimeout), "log_format": text(options.logFormat.rawValue),
            "log_level": text(options.logLevel.rawValue),
        ]
        return ServiceSettings(
            values: values, paths: ["model", "base", "port_file", "api_key_file", "store", "models_dir"])
    }
}

import HTTPClient
import JSONValues

/// Why a URL cannot be used now.
enum ContactFault: Error, Sendable, CustomStringConvertible {
    /// Nothing answers, or not yet.
    case away(String)
    /// What answers is not what can be used.
    case unsuited(String)

    var description: String {
        switch self {
        case .away(let reason), .unsuited(let reason): reason
        }
    }
}

/// Asks one URL what it is. Blocks.
struct EngineContact {
    private static let patience = Duration.seconds(10)
    /// A checksum reads all weights.
    private static let checksumPatience = Duration.seconds(300)
    /// A metrics page of many models and histograms.
    private static let largestPage = 16 << 20

    let transfers: HTTPTransfers
    let address: EngineAddress
    /// The model's name that was given; nil where there is only one.
    let model: String?
    /// Whether the checksum of the weights is needed.
    var wantsChecksum = false

    /// - Throws: `ContactFault`.
    func describe() throws(ContactFault) -> EngineDescription {
        switch address.kind {
        case .vllm: try vllm()
        case .sglang: try sglang()
        }
    }

    /// What tells this process of the engine from the next; nil where it does not say, and is merely there.
    ///
    /// - Throws: `ContactFault.away`.
    func process() throws(ContactFault) -> String? {
        let path = address.kind == .vllm ? "/metrics" : "/model_info"
        guard let page = try page(path, mayLack: true), address.kind == .vllm else { return nil }
        return Self.value("process_start_time_seconds", page)
    }

    private func vllm() throws(ContactFault) -> EngineDescription {
        let version = try member(try json("/version"), "version")
        let list = try json("/v1/models")
        guard case .array(let models)? = list["data"] else { throw .unsuited("/v1/models lists no models") }
        let objects = models.compactMap { if case .object(let object) = $0 { object } else { nil } }
        let names = objects.compactMap { Self.text($0[key: "id"]) }
        guard let name = model ?? (names.count == 1 ? names[0] : nil) else {
            throw .unsuited("it serves \(names.joined(separator: ", ")): say which with --engine-model")
        }
        guard let index = names.firstIndex(of: name) else {
            throw .unsuited("it serves \(names.joined(separator: ", ")), not \(name)")
        }
        var description = EngineDescription(version: version, model: name)
        // A prompt of the whole context leaves no room for the one token that it has to make.
        if case .integer(let length)? = objects[index][key: "max_model_len"] {
            description.maxSequenceTokens = length - 1
        }
        if let page = try page("/metrics", mayLack: true) {
            description.process = Self.value("process_start_time_seconds", page)
            description.speculates = page.contains("\nvllm:spec_decode_") || page.contains("# HELP vllm:spec_decode_")
        }
        return description
    }

    private func sglang() throws(ContactFault) -> EngineDescription {
        let info = try json("/server_info", or: "/get_server_info")
        let about = try json("/model_info", or: "/get_model_info")
        let name = Self.text(info["served_model_name"]) ?? Self.text(about["model_path"]) ?? ""
        var description = EngineDescription(
            version: Self.text(info["version"]) ?? "unknown", model: name, dtype: Self.text(info["dtype"]))
        if case .integer(let length)? = info["context_length"] { description.maxSequenceTokens = length - 1 }
        if case .integer(let length)? = info["max_req_input_len"] {
            description.maxSequenceTokens = min(description.maxSequenceTokens ?? length, length - 1)
        }
        if let algorithm = Self.text(info["speculative_algorithm"]), !algorithm.isEmpty {
            description.speculates = true
        }
        if wantsChecksum { description.checksum = try checksum() }
        return description
    }

    private func checksum() throws(ContactFault) -> String {
        var writer = JSONWriter()
        writer.object { $0.field("action", "checksum") }
        let call = HTTPCall(
            path: "/weights_checker", body: writer.bytes, contentType: "application/json", accept: "application/json",
            maxReplyBytes: Self.largestPage)
        let reply = try perform(call, Self.checksumPatience)
        guard reply.status == 200, let object = Self.object(reply.body) else {
            throw .unsuited(
                "it gives no checksum of its weights (\(EngineMessage.text(reply))): say what they are with --engine-weights"
            )
        }
        guard let value = object["per_engine_checksum"] ?? object["ranks"], value != .null else {
            throw .unsuited("/weights_checker gives no checksum: say what the weights are with --engine-weights")
        }
        return String(decoding: value.canonical, as: UTF8.self)
    }

    private func json(_ path: String, or other: String? = nil) throws(ContactFault) -> [String: JSONValue] {
        let reply = try perform(HTTPCall(path: path, accept: "application/json", maxReplyBytes: Self.largestPage))
        if reply.status == 404, let other { return try json(other) }
        guard reply.status == 200 else {
            let reason = "\(path): \(EngineMessage.text(reply))"
            if [401, 403].contains(reply.status) { throw .unsuited("\(reason): is --engine-key-file right?") }
            throw reply.status == 404 ? .unsuited(reason) : .away(reason)
        }
        guard let object = Self.object(reply.body) else { throw .unsuited("\(path) gives no JSON object") }
        return object
    }

    private func member(_ object: [String: JSONValue], _ name: String) throws(ContactFault) -> String {
        guard let text = Self.text(object[name]) else { throw .unsuited("it does not say its \(name)") }
        return text
    }

    private func page(_ path: String, mayLack: Bool) throws(ContactFault) -> String? {
        let reply = try perform(HTTPCall(path: path, accept: "text/plain", maxReplyBytes: Self.largestPage))
        return reply.status == 200 ? String(decoding: reply.body, as: UTF8.self) : nil
    }

    private func perform(_ call: HTTPCall, _ timeout: Duration = patience) throws(ContactFault) -> HTTPReply {
        do {
            return try transfers.perform(call, at: address.server, timeout: timeout)
        } catch {
            switch error {
            case .transient(let reason), .permanent(let reason): throw .away(reason)
            case .cancelled: throw .away("the request was cancelled")
            case .tooLarge: throw .unsuited("\(call.path) gives more than \(Self.largestPage) bytes")
            }
        }
    }

    private static func object(_ body: [UInt8]) -> [String: JSONValue]? {
        guard case .object(let object)? = try? JSONReader.read(body, { reader in try reader.value() }) else {
            return nil
        }
        return Dictionary(object.members.map { ($0, $1) }) { first, _ in first }
    }

    private static func text(_ value: JSONValue?) -> String? {
        if case .string(let text)? = value { text } else { nil }
    }

    /// A sample without labels of a page of metrics.
    private static func value(_ name: String, _ page: String) -> String? {
        page.split(separator: "\n").first { $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{") }
            .flatMap { $0.split(separator: " ").last }.map(String.init)
    }
}

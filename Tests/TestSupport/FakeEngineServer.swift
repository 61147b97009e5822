import Foundation
import HTTPSockets
import JSONValues
import System

/// A server with the shapes of vLLM or SGLang on a real socket, whose log-probs are a plain function of a token and the one before it.
/// What it does of that, a test decides.
package final class FakeEngineServer: HTTPHandler {
    /// Whose shapes it has.
    package enum Kind: String, Sendable { case vllm, sglang }

    /// How it answers one segment.
    package enum Answer: Sendable {
        case right
        case status(Int)
        /// These bytes with status 200.
        case body(String)
        /// A right answer that ends in the middle.
        case torn
        /// An answer without end.
        case endless
        /// Nothing, until the client leaves.
        case silent
        /// Right in form, with one thing that cannot be.
        case anotherID, aboveZero, nullInside, tooShort, logits, topMinusInfinity
        /// Right but for this in place of the last log-prob.
        case logProb(String)
    }

    package struct Behavior: Sendable {
        /// Added to every log-prob: another model.
        package var shift: Float = 0
        /// Taken from every other log-prob that is given while others are asked for: the batch shows.
        package var noise: Float = 0
        package var version = "0.32.0"
        package var model = "m"
        package var maxModelLength = 2048
        /// Scoring requests at a time; more get 503. nil: any number.
        package var limit: Int?
        /// What /metrics tells of the process.
        package var process = "1700000000.25"
        package var hasTeacherScoring = false
        package var speculates = false
        package var key: String?
        package var checksum = "abc"
        /// Time that an answer takes.
        package var delay: Duration = .zero
        package var answer: @Sendable ([Int32]) -> Answer = { _ in .right }
    }

    private struct State {
        var behavior = Behavior()
        var running = 0
        var most = 0
        var answered = 0
        var gone = 0
        var paths: [String] = []
    }

    private let kind: Kind
    private let state = Locked(State())
    private let condition = NSCondition()

    package init(_ kind: Kind) { self.kind = kind }

    /// What it does from here on.
    package func change(_ body: (inout Behavior) -> Void) { state.withLock { body(&$0.behavior) } }
    /// Most scoring requests that it had at a time.
    package var mostAtOnce: Int { state.withLock { $0.most } }
    /// Scoring requests that were answered with scores.
    package var answered: Int { state.withLock { $0.answered } }
    package var running: Int { state.withLock { $0.running } }
    /// Paths of all requests, in order.
    package var paths: [String] { state.withLock { $0.paths.map(\.self) } }

    /// Waits until so many clients have left without their answers.
    package func waitForGone(_ count: Int) { wait { $0.gone >= count } }
    /// Waits until so many scoring requests run.
    package func waitForRunning(_ count: Int) { wait { $0.running >= count } }

    private func wait(_ isTrue: (State) -> Bool) {
        condition.withLock { while !state.withLock({ isTrue($0) }) { condition.wait() } }
    }

    private func note(_ body: (inout State) -> Void) {
        condition.withLock {
            state.withLock { body(&$0) }
            condition.broadcast()
        }
    }

    // MARK: What it answers

    /// The log-probs of a segment; NaN at the first position.
    package static func expected(_ ids: [Int32], shift: Float = 0) -> [Float] {
        [.nan] + zip(ids, ids.dropFirst()).map { logProb($0, $1) - shift }
    }

    private static func logProb(_ before: Int32, _ id: Int32) -> Float {
        -1.25 - Float(id % 97) / 10 - Float(before % 13) / 100
    }

    /// Likely tokens at a position, in no order.
    private static func likely(_ id: Int32, _ k: Int) -> [(id: Int32, logProb: Float)] {
        (0..<Int32(k)).reversed().map { (50_000 + id % 7 + $0, -2 - Float($0) / 2) }
    }

    /// The likely tokens of a position in falling order: what is expected of a row.
    package static func expectedTop(_ id: Int32, _ k: Int) -> [(id: Int32, logProb: Float)] {
        likely(id, k).reversed()
    }

    package func decide(_ head: HTTPRequestHead, connection: ConnectionMonitor) -> BodyDecision {
        .accept(maxBytes: 64 << 20, then: respond)
    }

    package func protocolError(_ error: HTTPProtocolError) -> HTTPResponse { HTTPResponse(status: error.status) }

    private func respond(to request: HTTPRequest) -> HTTPResponse {
        let behavior = state.withLock { state in
            state.paths.append(request.head.path)
            return state.behavior
        }
        if let key = behavior.key, request.head.headers["Authorization"] != "Bearer \(key)",
            kind == .sglang || request.head.path.hasPrefix("/v1")
        {
            return json("{\"error\": \"Unauthorized\"}", status: 401)
        }
        switch (kind, request.head.path) {
        case (.vllm, "/version"): return json("{\"version\": \"\(behavior.version)\"}")
        case (.vllm, "/v1/models"):
            return json(
                "{\"object\": \"list\", \"data\": [{\"id\": \"\(behavior.model)\", \"root\": \"/x\", \"max_model_len\": \(behavior.maxModelLength)}]}"
            )
        case (.vllm, "/metrics"):
            let page =
                "# HELP process_start_time_seconds Start time.\nprocess_start_time_seconds \(behavior.process)\n"
                + (behavior.speculates ? "vllm:spec_decode_num_drafts_total{model_name=\"m\"} 0\n" : "")
            return HTTPResponse(status: 200, fields: ["Content-Type": "text/plain"], body: Array(page.utf8))
        case (.sglang, "/server_info"):
            return json(
                "{\"version\": \"\(behavior.version)\", \"served_model_name\": \"\(behavior.model)\", \"dtype\": \"float32\", "
                    + "\"context_length\": \(behavior.maxModelLength), \"speculative_algorithm\": "
                    + (behavior.speculates ? "\"EAGLE\"}" : "null}"))
        case (.sglang, "/model_info"): return json("{\"model_path\": \"/x\", \"weight_version\": \"default\"}")
        case (.sglang, "/weights_checker"):
            return json("{\"success\": true, \"message\": \"\", \"per_engine_checksum\": \"\(behavior.checksum)\"}")
        case (.vllm, "/v1/completions"): return scored(request, behavior, ids: "prompt", topK: "prompt_logprobs")
        case (.vllm, "/inference/v1/generate") where behavior.hasTeacherScoring:
            return scored(request, behavior, ids: "token_ids", topK: "")
        case (.sglang, "/generate"): return scored(request, behavior, ids: "input_ids", topK: "top_logprobs_num")
        default: return json("{\"detail\": \"Not Found\"}", status: 404)
        }
    }

    private func scored(_ request: HTTPRequest, _ behavior: Behavior, ids name: String, topK: String) -> HTTPResponse {
        guard case .object(let asked)? = try? JSONReader.read(request.body, { reader in try reader.value() }),
            case .array(let values)? = asked[key: name]
        else { return json("{\"error\": {\"message\": \"no prompt\"}}", status: 400) }
        let ids = values.map { if case .integer(let id) = $0 { Int32(id) } else { Int32(-1) } }
        var k = 0
        if case .integer(let value)? = asked[key: topK] { k = value }
        let isTaken = state.withLock { state in
            if let limit = behavior.limit, state.running >= limit { return false }
            state.running += 1
            state.most = max(state.most, state.running)
            return true
        }
        guard isTaken else { return json("{\"detail\": \"The request queue is full.\"}", status: 503) }
        note { _ in }
        defer { note { $0.running -= 1 } }
        if k > 20 { return json("{\"error\": {\"message\": \"Requested prompt logprobs of \(k)\"}}", status: 400) }
        guard ids.count < behavior.maxModelLength else {
            return json("{\"error\": {\"message\": \"max_tokens must be at least 1, got 0\"}}", status: 400)
        }
        if behavior.delay > .zero {
            _ = request.connection.wait(forReadable: -1, until: .now + behavior.delay)
        }
        let right = body(ids, k, behavior, isFast: name == "token_ids")
        switch behavior.answer(ids) {
        case .right:
            note { $0.answered += 1 }
            return json(right)
        case .status(let status): return json("{\"error\": {\"message\": \"told to\"}}", status: status)
        case .body(let text): return json(text)
        case .torn:
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try writer.write(Array(right.utf8.prefix(right.utf8.count / 2)))
                    throw Torn()
                })
        case .endless:
            return HTTPResponse(
                status: 200,
                body: .stream { writer in while true { try writer.write([UInt8](repeating: 0x20, count: 10_000)) } })
        case .silent:
            _ = request.connection.wait(forReadable: -1, until: .now + .seconds(120))
            note { $0.gone += 1 }
            return HTTPResponse(status: 500)
        case .anotherID, .aboveZero, .nullInside, .tooShort, .logits, .topMinusInfinity, .logProb: return json(right)
        }
    }

    private struct Torn: Error {}

    private func json(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, fields: ["Content-Type": "application/json"], body: Array(text.utf8))
    }

    private func body(_ asked: [Int32], _ k: Int, _ behavior: Behavior, isFast: Bool) -> String {
        var ids = asked
        let noise = running > 1 ? behavior.noise : 0
        var values = Self.expected(asked, shift: behavior.shift).enumerated().map { at, value in
            value.isNaN ? "null" : "\(at.isMultiple(of: 2) ? value - noise : value)"
        }
        let last = ids.count - 1
        var top = ids.map { Self.likely($0, k) }
        switch behavior.answer(asked) {
        case .anotherID: ids[last] += 1
        case .aboveZero: values[last] = "0.5"
        case .nullInside: values[last] = "null"
        case .tooShort:
            values.removeLast()
            top.removeLast()
        case .logits: top = top.map { $0.map { ($0.id, 0) } }
        case .topMinusInfinity: top = top.map { $0.dropLast(2) + $0.suffix(2).map { ($0.id, -9999) } }
        case .logProb(let text): values[last] = text
        default: break
        }
        if isFast { return Self.npy(asked, values, ids) }
        return kind == .vllm ? Self.vllm(ids, values, top) : Self.sglang(ids, values, top)
    }

    private static func vllm(_ ids: [Int32], _ values: [String], _ top: [[(id: Int32, logProb: Float)]]) -> String {
        let positions = values.indices.map { at in
            guard values[at] != "null" else { return "null" }
            func entry(_ id: Int32, _ value: String) -> String {
                "\"\(id)\": {\"logprob\": \(value), \"rank\": 3, \"decoded_token\": \"\\u00e9\"}"
            }
            let entries = [entry(ids[at], values[at])] + top[at].map { entry($0.id, "\($0.logProb)") }
            return "{\(entries.joined(separator: ", "))}"
        }
        return
            "{\"id\": \"cmpl-1\", \"choices\": [{\"index\": 0, \"text\": \"x\", \"logprobs\": null, \"prompt_logprobs\": "
            + "[\(positions.joined(separator: ", "))], \"prompt_token_ids\": \(ids), \"token_ids\": [1]}], \"usage\": {}}"
    }

    private static func sglang(_ ids: [Int32], _ values: [String], _ top: [[(id: Int32, logProb: Float)]]) -> String {
        let tokens = values.indices.map { "[\(values[$0]), \(ids[$0]), null]" }
        let rows = top.enumerated().map { at, row in
            at == 0 ? "null" : "[\(row.map { "[\($0.logProb), \($0.id), null]" }.joined(separator: ", "))]"
        }
        return
            "{\"text\": \"\", \"meta_info\": {\"id\": \"1\", \"input_token_logprobs\": [\(tokens.joined(separator: ", "))], "
            + "\"input_top_logprobs\": [\(rows.joined(separator: ", "))]}}"
    }

    /// What `numpy.save` writes, in base64.
    private static func npy(_ asked: [Int32], _ values: [String], _ ids: [Int32]) -> String {
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(values.count - 1), 1), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        bytes += [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
        for value in values.dropFirst() {
            withUnsafeBytes(of: (Float(value) ?? .nan).bitPattern.littleEndian) { bytes += $0 }
        }
        return "{\"request_id\": \"1\", \"choices\": [], \"prompt_token_ids\": \(ids), \"prompt_token_id_logprobs\": "
            + "\"\(Data(bytes).base64EncodedString())\"}"
    }
}

/// A fake engine and where it listens.
package final class RunningFakeEngine: Sendable {
    package let engine: FakeEngineServer
    package let port: Int
    private let server: HTTPServer

    /// - Parameter port: 0 for a free one; that of one that was stopped, to start it anew.
    package init(
        _ kind: FakeEngineServer.Kind, port: Int = 0, _ change: (inout FakeEngineServer.Behavior) -> Void = { _ in }
    )
        throws
    {
        engine = FakeEngineServer(kind)
        engine.change(change)
        (server, self.port) = try Self.listen(port, engine)
    }

    /// A port that was let go may be the client's end of another test's connection for a while.
    private static func listen(_ port: Int, _ engine: FakeEngineServer) throws -> (HTTPServer, Int) {
        var patience = port == 0 ? 0 : 3000
        while true {
            let server = try HTTPServer(
                configuration: HTTPServerConfiguration(port: port, maxConnections: 1024), handler: engine)
            do {
                return (server, try server.start().port)
            } catch {
                guard patience > 0 else { throw error }
                patience -= 1
                usleep(10_000)
            }
        }
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// Closes the socket and all connections, and waits until nobody listens: the process is gone.
    package func stop() {
        server.stop()
        while let descriptor = try? LoopbackSocket.connect(port: port) {
            close(descriptor)
            usleep(1000)
        }
    }
}

import HTTPClient
import ScoringAPI
import System

/// The scoring service, seen from a trainer: each call blocks until it has an answer, its deadline has passed, or trying
/// again would not help. What a call throws is a `ScoringClientError`.
///
/// Any number of threads may call at once; each call has a connection for itself while it runs, and leaves it open for the next.
package final class ScoringClient: Sendable {
    private let caller: RetryingCaller
    /// Addresses of the servers, in their order.
    package let servers: [String]
    /// How many calls at a time have a server each: all servers where calls are spread, else one.
    package let breadth: Int

    /// A client that has asked nobody yet: the first call connects.
    package init(_ configuration: ScoringClientConfiguration) {
        servers = configuration.servers.map(\.description)
        breadth = configuration.spreads ? configuration.servers.count : 1
        caller = RetryingCaller(
            servers: configuration.servers, configuration.http, retry: configuration.retry,
            hedgeAfter: configuration.hedgeAfter, spreads: configuration.spreads,
            probe: HTTPCall(path: "/health", accept: MediaType.json.rawValue)
        ) { Verdict($0, from: $1) }
    }

    // MARK: - About the server

    /// What one server says of itself (GET /info): its default teacher, limits and speed.
    package func info(_ options: CallOptions = CallOptions()) throws -> InfoResponse {
        try get("/info", options) { try InfoResponse(json: $0) }
    }

    /// What each server says of itself, asked once, all at the same time; in their order.
    ///
    /// - Parameter timeout: for each attempt.
    /// - Throws: `ScoringClientError` where one refuses, or is no such server. One that is away is a report that says so.
    package func infoOfEach(
        timeout: Duration = .seconds(30), cancellation: StopFlag? = nil
    ) throws -> [ServerReport] {
        let call = HTTPCall(path: "/info", accept: MediaType.json.rawValue)
        return try caller.askEach(call, timeout: timeout, cancellation).map { server, outcome in
            try ServerReport(outcome, of: server)
        }
    }

    /// Models that one server has loaded, and where each of its teachers stands (GET /v1/models).
    package func models(_ options: CallOptions = CallOptions()) throws -> ModelsResponse {
        try get("/v1/models", options) { try ModelsResponse(json: $0) }
    }

    /// Waits, as for any answer, until a server is ready.
    package func waitUntilReady(_ options: CallOptions = CallOptions()) throws {
        try get("/ready", options) { _ in }
    }

    /// Whether some server is ready, each asked once, one after another until one is.
    ///
    /// - Parameter timeout: for each server.
    package func isReady(timeout: Duration = .seconds(5)) -> Bool {
        caller.isAnswered(HTTPCall(path: "/ready", accept: MediaType.json.rawValue), timeout: timeout)
    }

    // MARK: - Teachers

    /// Loads a checkpoint as another teacher. Repeated, a load that went well is refused as one too many: give it one server and the
    /// time that it needs.
    package func loadTeacher(_ request: LoadTeacherRequest, _ options: CallOptions = CallOptions()) throws {
        try post("/v1/teachers", request.json(), options) { _ in }
    }

    /// Makes another teacher the default.
    package func setDefaultTeacher(_ request: DefaultTeacherRequest, _ options: CallOptions = CallOptions()) throws {
        try post("/v1/default-teacher", request.json(), options, isPut: true) { _ in }
    }

    // MARK: - Scoring

    /// The teacher's log-probs of every realized token, in the binary form. The answer is checked against the request before it is
    /// returned: model, tokens, and numbers that can be.
    ///
    /// - Parameter vocabularySize: bound of the likeliest tokens' ids, where it is known.
    /// - Throws: `ScoringClientError`; `wrongAnswer` where the answer is not one to this request.
    package func logProbs(
        _ request: BinaryScoreRequest, _ options: CallOptions = CallOptions(), vocabularySize: Int? = nil
    ) throws -> BinaryScoreResponse {
        try score(request, .logProbs, options, vocabularySize: vocabularySize)
    }

    /// Token weights in the binary form, from the student log-probs of the request or from the server's base. The answer is checked
    /// against the request before it is returned: model, tokens, options, and weights that these can give.
    ///
    /// - Throws: `ScoringClientError`; `wrongAnswer` where the answer is not one to this request.
    package func weights(
        _ request: BinaryScoreRequest, _ options: CallOptions = CallOptions()
    ) throws -> BinaryScoreResponse {
        try score(request, .weights, options)
    }

    /// The teacher's log-probs of texts or token ids, in JSON, checked against the request before they are returned.
    ///
    /// - Throws: `ScoringClientError`; `wrongAnswer` where the answer is not one to this request.
    package func logProbs(_ request: ScoreRequest, _ options: CallOptions = CallOptions()) throws -> ScoreResponse {
        try score(request, .logProbs, options)
    }

    /// Token weights of texts or token ids, in JSON, checked against the request before they are returned.
    ///
    /// - Throws: `ScoringClientError`; `wrongAnswer` where the answer is not one to this request.
    package func weights(_ request: ScoreRequest, _ options: CallOptions = CallOptions()) throws -> ScoreResponse {
        try score(request, .weights, options)
    }

    // MARK: - Tokens

    /// Ids of a text under the teacher's tokenizer, with the bytes that each stands for (POST /v1/tokenize).
    package func tokenize(_ request: TokenizeRequest, _ options: CallOptions = CallOptions()) throws -> TokenizeResponse
    {
        try post("/v1/tokenize", request.json(), options) { try TokenizeResponse(json: $0) }
    }

    /// Text of token ids under the teacher's tokenizer (POST /v1/detokenize).
    package func detokenize(
        _ request: DetokenizeRequest, _ options: CallOptions = CallOptions()
    ) throws -> DetokenizeResponse {
        try post("/v1/detokenize", request.json(), options) { try DetokenizeResponse(json: $0) }
    }

    // MARK: -

    private func get<Answer>(_ path: String, _ options: CallOptions, _ read: ([UInt8]) throws -> Answer) throws
        -> Answer
    {
        let call = HTTPCall(path: path, accept: MediaType.json.rawValue)
        return try answer(call, options, read)
    }

    private func post<Answer>(
        _ path: String, _ body: [UInt8], _ options: CallOptions, isPut: Bool = false,
        _ read: ([UInt8]) throws -> Answer
    ) throws -> Answer {
        let json = MediaType.json.rawValue
        return try answer(
            HTTPCall(path: path, body: body, contentType: json, accept: json, isPut: isPut), options, read)
    }

    /// The first answer, as `read` understands it.
    private func answer<Answer>(
        _ call: HTTPCall, _ options: CallOptions, _ read: ([UInt8]) throws -> Answer
    ) throws(ScoringClientError) -> Answer {
        let server: ServerAddress
        let reply: HTTPReply
        do throws(CallError) {
            (server, reply) = try caller.answer(call, options)
        } catch {
            throw ScoringClientError(error)
        }
        do {
            return try read(reply.body)
        } catch let fault as AnswerFault {
            throw .wrongAnswer(server: server.description, reason: fault.description)
        } catch {
            throw .unreadableAnswer(server: server.description, reason: "\(error)")
        }
    }

    private func score(
        _ request: ScoreRequest, _ route: ScoreRoute, _ options: CallOptions
    ) throws -> ScoreResponse {
        try post(route.rawValue, request.json(), options) { body in
            let response = try ScoreResponse(json: body)
            try AskedScores(request, answered: response, route).check(
                BinaryScoreResponse(response, includesTokenIDs: true))
            return response
        }
    }

    private func score(
        _ request: BinaryScoreRequest, _ route: ScoreRoute, _ options: CallOptions, vocabularySize: Int? = nil
    ) throws -> BinaryScoreResponse {
        let type = MediaType.safetensors.rawValue
        let call = HTTPCall(path: route.rawValue, body: request.safetensors(), contentType: type, accept: type)
        return try answer(call, options) { body in
            let response = try BinaryScoreResponse(safetensors: body)
            try AskedScores(request, route).check(response)
            try response.top?.check(
                teacherLogProbs: response.teacherLogProbs, vocabularySize: vocabularySize)
            return response
        }
    }
}

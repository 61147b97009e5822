import Compression
import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI
import ScoringServer
import Sequences
import Testing

/// The problems that openapi.yaml shows, one a kind, as the service itself words them.
enum ProblemExamples {
    private static let engine = "vllm=http://gpu-1:8000"
    private static let zeros = String(repeating: "0", count: 63)

    /// Of errors, in words that come from their own values.
    private static let errors: [any Error] = [
        HTTPProtocolError.repeatedHost,
        WireError.malformedJSON(.loneSurrogate(path: "inputs[0].text", offset: 21)),
        CompressionError.truncated(.gzip, inputBytes: 412),
        WireError.invalidField(
            .unknownField(path: "inputs[1].tokenids", known: ScoreInput.fields(for: .weights))),
        ServiceError.unauthorized,
        ServiceError.notFound(path: "/v1/weight"),
        ServiceError.unknownModel(got: "other-teacher", known: ["demo-teacher"]),
        ServiceError.notAcceptable(
            got: "text/html",
            offered: ["application/json", "application/vnd.safetensors", "application/x-ndjson"]),
        ServiceError.foreignOrigin(got: "https://example.org"),
        TeacherLoadError.unusable(path: "round-2", reason: "there is no such directory under --models-dir"),
        TeacherLoadError.tooLarge(needed: 3 << 30, inUse: 3 << 30, limit: 4 << 30),
        ServiceError.fingerprintMismatch(field: "model_fingerprint", expected: zeros + "2", actual: zeros + "1"),
        HTTPProtocolError.bodyTooLarge(limit: ServiceLimits().maxBodyBytes, actual: 80_000_000),
        ServiceError.tooManyInputs(limit: ServiceLimits().maxInputs, actual: 5000),
        ServiceError.requestTooLarge(limit: ServiceLimits().maxRequestTokens, actual: 140_000),
        ServiceError.input(
            item: 3, .documentTooLong(position: 0, tokens: 5000, limit: ServiceLimits().maxSequenceTokens)),
        ServiceError.unsupportedMediaType(
            got: "text/plain", expected: ["application/json", "application/vnd.safetensors"]),
        ServiceError.unsupportedContentCoding(got: "br"),
        ServiceError.input(item: 1, .tokenOutOfRange(position: 12, tokenID: 70_000, vocabularySize: 50_304)),
        ServiceError.studentMissing(item: 0, weighting: "remit"),
        EngineFault.unable(
            engine: engine,
            reason: "status 400: Requested prompt logprobs of 64, which is greater than max allowed: 20"),
        QueueError.full(
            requestTokens: 40_000, queuedTokens: 500_000, limit: ServiceLimits().maxQueuedTokens,
            retryAfter: .seconds(1)),
        ServiceError.rateLimited(key: "ring", tokensPerMinute: 6_000_000, retryAfter: .seconds(1)),
        QueueError.engineFailed("which only the log says"),
        ServiceError.loading,
        ServiceError.draining,
        HTTPProtocolError.tooManyBodyBytes(limit: ServiceLimits().maxBufferedBytes),
        QueueError.deadlineExceeded(retryAfter: .seconds(1)),
        EngineFault.unreachable(
            engine: engine, reason: "Failed to connect to gpu-1 port 8000", retryAfter: .seconds(1)),
        EngineFault.changed(engine: engine, reason: "its version is 0.33.0, that of the kept scores is 0.32.0"),
        EngineFault.wrongAnswer(
            engine: engine, reason: "log-prob 0.5 at position 7: expected a finite one of at most 0"),
        ServiceError.methodNotAllowed(method: "DELETE", allowed: ["GET", "HEAD"]),
        HTTPProtocolError.timedOut(.body),
        HTTPProtocolError.targetTooLong(limit: HTTPParserLimits().maxTargetBytes),
        HTTPProtocolError.unknownExpectation("200-ok"),
        HTTPProtocolError.headerTooLarge(limit: HTTPParserLimits().maxHeaderBytes),
        HTTPProtocolError.unsupportedVersion("HTTP/2.0"),
    ]

    /// Of what a service answers, where the words are its own.
    private static func answered() async throws -> [Problem] {
        let keys = "ring:secret-of-the-ring\nboss:secret-of-the-boss admin"
        return try await withService(.inProcess, .init(keys: keys)) { test in
            let ring = ["Authorization": "Bearer secret-of-the-ring"]
            let boss = ["Authorization": "Bearer secret-of-the-boss"]
            let teacher = #"{"name":"round-2","path":"round-2"}"#
            let forbidden = try test.caller.post("/v1/teachers", teacher, ring)
            #expect(try test.caller.post("/v1/teachers", teacher, boss).status == 201)
            let conflict = try test.caller.post("/v1/teachers", teacher, boss)
            // A header of 2^32 bytes is announced.
            let malformed = try test.caller.send(
                "POST", "/v1/weights", ring.merging(["Content-Type": MediaType.safetensors.rawValue]) { $1 },
                [0, 0, 0, 0, 1, 0, 0, 0] + [UInt8](repeating: 0x20, count: 56))
            return try [forbidden, conflict, malformed].map { try Problem(json: $0.body) }
        }
    }

    /// One problem of each kind.
    static func problems() async throws -> [ProblemKind: Problem] {
        var problems: [ProblemKind: Problem] = [:]
        for problem in try await answered() + errors.map({ ProblemAnswer($0).problem }) {
            let kind = try #require(problem.kind, "\(problem)")
            #expect(problems[kind] == nil, "\(kind) is there twice")
            problems[kind] = problem
        }
        return problems
    }
}

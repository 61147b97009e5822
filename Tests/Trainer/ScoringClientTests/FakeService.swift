import Dispatch
import Foundation
import HTTPClient
import HTTPSockets
import ScoringAPI
import ScoringClient
import Synchronization
import System
import TokenWeights

/// A scoring service that answers as it is told, on a real socket; by default rightly.
final class FakeService: HTTPHandler {
    enum Reply: Sendable {
        case right
        case status(Int, retryAfter: String? = nil)
        case problem(ProblemKind)
        case raw(HTTPResponse)
        /// Nothing, until the client leaves.
        case silence
        /// What is right, once the signal has come.
        case late(DispatchSemaphore)
    }

    struct Seen: Sendable {
        let method: String
        let path: String
        let headers: HTTPFields
        let body: [UInt8]
        let peer: String
    }

    let maxBodyBytes = Atomic<Int>(64 << 20)
    private let script = Locked<[Reply]>([])
    private let log = Locked<[Seen]>([])

    static let identity = ModelIdentity(
        model: "fake", modelFingerprint: "aa", tokenizerFingerprint: "bb", scoresFingerprint: "cc")

    static let info = InfoResponse(
        version: "1", identity: identity, precision: "f32", kernelPath: "none", threads: 2, memoryBoundBytes: 1,
        tokensPerSecond: 1000,
        limits: ServerLimits(
            maxBodyBytes: 1, maxInputs: 2, maxRequestTokens: 3, maxSequenceTokens: 4, maxBatchTokens: 5,
            maxQueuedTokens: 6),
        models: [])

    /// An array of its own: ThreadSanitizer cannot see that a shared one was given back before the next request is added to it.
    var seen: [Seen] { log.withLock { $0.map(\.self) } }

    /// What the next requests get, in order; after them all is right again.
    func willReply(_ replies: [Reply]) { script.withLock { $0 = replies } }

    func decide(_ head: HTTPRequestHead, connection: ConnectionMonitor) -> BodyDecision {
        .accept(maxBytes: maxBodyBytes.load(ordering: .relaxed), then: respond)
    }

    private func respond(to request: HTTPRequest) -> HTTPResponse {
        let head = request.head
        log.withLock {
            $0.append(
                Seen(
                    method: head.method, path: head.path, headers: head.headers, body: request.body,
                    peer: request.connection.peer))
        }
        switch script.withLock({ $0.isEmpty ? .right : $0.removeFirst() }) {
        case .right: return (try? rightAnswer(request)) ?? HTTPResponse(status: 400)
        case .status(let status, let retryAfter):
            var response = HTTPResponse(status: status)
            response.fields["Retry-After"] = retryAfter
            return response
        case .problem(let kind):
            let problem = Problem(kind, detail: "told to", instance: "request-1")
            return HTTPResponse(
                status: kind.status, fields: ["Content-Type": MediaType.problem.rawValue], body: problem.json())
        case .raw(let response): return response
        case .late(let signal):
            signal.wait()
            return (try? rightAnswer(request)) ?? HTTPResponse(status: 400)
        case .silence:
            _ = request.connection.wait(forReadable: -1, until: .now + .seconds(60))
            return HTTPResponse(status: 500)
        }
    }

    func protocolError(_ error: HTTPProtocolError) -> HTTPResponse { HTTPResponse(status: error.status) }

    private func rightAnswer(_ request: HTTPRequest) throws -> HTTPResponse {
        func answer(_ type: MediaType, _ body: [UInt8]) -> HTTPResponse {
            HTTPResponse(status: 200, fields: ["Content-Type": type.rawValue], body: body)
        }
        switch request.head.path {
        case "/info": return answer(.json, FakeService.info.json())
        case "/v1/models": return answer(.json, ModelsResponse(models: []).json())
        case "/ready": return answer(.json, StatusResponse(status: .ready).json())
        case "/v1/tokenize":
            let text = try TokenizeRequest(json: request.body).text
            let response = TokenizeResponse(
                tokenizerFingerprint: "bb", tokenIDs: text.utf8.map(Int32.init), tokens: text.map { "\($0)" },
                offsets: text.utf8.indices.map { _ in 0..<1 })
            return answer(.json, response.json())
        case "/v1/detokenize":
            let ids = try DetokenizeRequest(json: request.body).tokenIDs
            return answer(
                .json,
                DetokenizeResponse(
                    tokenizerFingerprint: "bb",
                    text: String(decoding: ids.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
                ).json())
        default:
            guard let route = ScoreRoute(rawValue: request.head.path) else { return HTTPResponse(status: 404) }
            if request.head.headers["Content-Type"] == MediaType.json.rawValue {
                return answer(.json, scores(try ScoreRequest(json: request.body, for: route), route).json())
            }
            let asked = try BinaryScoreRequest(safetensors: request.body, for: route).request()
            return answer(
                .safetensors, BinaryScoreResponse(scores(asked, route), includesTokenIDs: false).safetensors())
        }
    }

    private func scores(_ request: ScoreRequest, _ route: ScoreRoute) -> ScoreResponse {
        let results = request.inputs.map { input in
            guard case .tokenIDs(let ids) = input.content else { return ScoreResult(tokenIDs: [], teacherLogProbs: []) }
            return ScoreResult(
                tokenIDs: ids, teacherLogProbs: ids.enumerated().map { $0 == 0 ? .nan : FakeService.logProb($1) },
                weights: route == .weights ? ids.enumerated().map { $0.offset == 0 ? 0 : 1 } : nil,
                top: request.topK > 0 ? FakeService.top(ids, request.topK) : nil,
                statistics: route == .weights
                    ? WeightStatistics(scoredTokens: ids.count - 1, meanWeight: 1, clippedLow: 0, clippedHigh: 0) : nil)
        }
        return ScoreResponse(
            identity: FakeService.identity, choice: route == .weights ? Weighting() : nil, topK: request.topK,
            results: results)
    }

    /// Ids from the token's own on, each half as likely as the one before.
    static func top(_ ids: [Int32], _ k: Int) -> TopTokens {
        let places = ids.indices.flatMap { token in (0..<k).map { (token, $0) } }
        return TopTokens(
            k: k, tokenIDs: places.map { $0 == 0 ? -1 : ids[$0] + Int32($1) },
            logProbs: places.map { $0 == 0 ? .nan : -0.7 * Float($1 + 1) })
    }

    static func logProb(_ id: Int32) -> Float { -Float(id) / 7 }
}

/// The service and where it listens.
struct RunningService {
    let service = FakeService()
    let server: HTTPServer
    let address: ServerAddress

    init(port: Int = 0) throws {
        server = try HTTPServer(configuration: HTTPServerConfiguration(port: port), handler: service)
        address = try ServerAddress("http://127.0.0.1:\(try server.start().port)")
    }
}

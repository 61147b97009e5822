import HTTPClient
import JSONValues
import Sequences

/// What an engine's reply to a request for a segment means.
enum ReplyVerdict {
    case scores(TokenScores)
    /// It has too many requests.
    case busy(retryAfter: Duration?)
    /// No answer: another URL may do better, or the same later.
    case failed(reason: String)
    /// A failure that it tells itself: it is there.
    case serverError(reason: String)
    /// An answer that cannot be right, or none to what was asked.
    case wrong(reason: String)
    /// It understood, and does not do that.
    case unable(reason: String)
    /// It has no teacher scoring: the same is asked for in the other way.
    case withoutFastPath

    init(
        _ result: Result<HTTPReply, TransferError>, to job: EngineJob, by contract: any EngineContract,
        from address: EngineAddress, isFast: Bool
    ) {
        switch result {
        case .failure(.tooLarge):
            self = .wrong(reason: "an answer larger than \(job.tokenIDs.count) tokens can have")
        case .failure(.cancelled): self = .failed(reason: "the request was cancelled")
        case .failure(.transient(let reason)), .failure(.permanent(let reason)): self = .failed(reason: reason)
        case .success(let reply): self.init(reply, job, contract, isFast: isFast)
        }
    }

    private init(_ reply: HTTPReply, _ job: EngineJob, _ contract: any EngineContract, isFast: Bool) {
        switch reply.status {
        case 200:
            do {
                let answer = try contract.answer(reply.body, tokens: job.tokenIDs.count, topK: job.detail.topK)
                self = .scores(try answer.scores(of: job.tokenIDs, topK: job.detail.topK))
            } catch {
                // What teacher scoring is asked for has changed more than once: the other way is always the same.
                self = isFast ? .withoutFastPath : .wrong(reason: "\(error)")
            }
        case 429, 503: self = .busy(retryAfter: reply.retryAfter)
        case let status where isFast && Self.withoutRoute.contains(status): self = .withoutFastPath
        case 400 where job.detail.topK > 0: self = .unable(reason: EngineMessage.text(reply))
        case 400, 413, 422: self = .wrong(reason: "it refused the segment: \(EngineMessage.text(reply))")
        default: self = .serverError(reason: EngineMessage.text(reply))
        }
    }

    /// How servers without teacher scoring, or with another contract for it, refuse it.
    private static let withoutRoute: Set<Int> = [400, 403, 404, 405, 422, 501]

    var outcome: EngineEvent.Outcome? {
        switch self {
        case .scores: .answered
        case .busy: .busy
        case .failed, .serverError: .failed
        case .wrong: .wrong
        case .unable, .withoutFastPath: .refused
        }
    }

    var reason: String? {
        switch self {
        case .scores, .busy, .withoutFastPath: nil
        case .failed(let reason), .serverError(let reason), .wrong(let reason), .unable(let reason): reason
        }
    }
}

/// What an engine says of a failure, for people: `{"error": {"message": ...}}`, `{"detail": ...}`, or whatever it sent.
enum EngineMessage {
    private static let longest = 300

    static func text(_ reply: HTTPReply) -> String {
        let value = try? JSONReader.read(reply.body) { reader in try reader.value() }
        let said = value.flatMap(message) ?? String(decoding: reply.body.prefix(longest), as: UTF8.self)
        let line = said.map { $0.isNewline ? " " : $0 }.prefix(longest)
        return "status \(reply.status)" + (line.isEmpty ? "" : ": \(String(line))")
    }

    private static func message(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .object(let object):
            ["error", "message", "detail"].lazy.compactMap { object[key: $0].flatMap(message) }.first
        default: nil
        }
    }
}

import HTTPSockets
import JSONValues
import ScoringAPI
import Sequences

extension ServiceError: AnswerableError {
    /// What the service refuses before or beside scoring.
    var answer: ProblemAnswer {
        switch self {
        case .notFound(let path):
            ProblemAnswer(.notFound, "Nothing is served at \(path); GET /openapi.yaml lists the routes.")
        case .methodNotAllowed(let method, let allowed):
            ProblemAnswer(
                .methodNotAllowed, "\(method) is not served here: \(allowed.joined(separator: ", ")).",
                fields: ["Allow": allowed.joined(separator: ", ")])
        case .unauthorized:
            ProblemAnswer(
                .unauthorized, "Send a key that the server knows as Authorization: Bearer KEY.",
                fields: ["WWW-Authenticate": "Bearer realm=\"remit\""])
        case .forbidden(let reason):
            ProblemAnswer(.forbidden, reason)
        case .foreignHost(let got):
            ProblemAnswer(
                .foreignOrigin,
                "Host is \(got): without keys only names of this machine are answered, and those given with --allowed-host."
            )
        case .foreignOrigin(let got):
            ProblemAnswer(
                .foreignOrigin, "Origin is \(got): pages of other origins may ask where --allowed-origin names them.")
        case .noPermit(let retryAfter):
            ProblemAnswer(
                .queueFull, "Other requests are being read and written; the turn of this one did not come in its time.",
                fields: ProblemAnswer.retry(retryAfter))
        case .tooLate(let limit, let taken):
            ProblemAnswer(
                .deadlineExceeded,
                "It took \(taken.inMilliseconds) ms until its tokens were known, its time was \(limit.inMilliseconds) ms: send less at "
                    + "once, or give it more time (X-Request-Timeout, up to --request-timeout).",
                fields: ProblemAnswer.retry(.seconds(1)))
        case .clientGone:
            ProblemAnswer(.requestTimeout, "The client left before its answer.")
        case .impossibleLogProb(let item, let position, let what):
            ProblemAnswer(
                .internalError,
                "inputs[\(item)], position \(position): \(what). No model can give that: its weights are damaged.",
                ["item": .integer(item), "position": .integer(position)],
                internals: "inputs[\(item)], position \(position): \(what)")
        case .teacherConflict(let reason):
            ProblemAnswer(.teacherConflict, reason)
        case .teacherNotLoaded(let error): error.answer
        case .unsupportedMediaType(let got, let expected):
            ProblemAnswer(
                .unsupportedMediaType, "Content-Type is \(got), expected \(expected.joined(separator: " or ")).")
        case .unsupportedContentCoding(let got):
            ProblemAnswer(
                .unsupportedContentCoding,
                "Content-Encoding is \(got), expected one of \(ContentCoding.offered), or none.",
                fields: ["Accept-Encoding": ContentCoding.offered])
        case .rateLimited(let key, let tokensPerMinute, let retryAfter):
            ProblemAnswer(
                .rateLimited, "Key \(key) may have \(tokensPerMinute) tokens scored a minute.",
                ["limit": .integer(tokensPerMinute)], fields: ProblemAnswer.retry(retryAfter))
        case .notAcceptable(let got, let offered):
            ProblemAnswer(.notAcceptable, "Accept is \(got), offered is \(offered.joined(separator: " or ")).")
        case .invalidHeader(let name, let expected, let got):
            ProblemAnswer(
                .invalidField, "\(name): expected \(expected), got \(got.prefix(200)).", ["path": .string(name)])
        case .bodyTooLarge(let limit, let actual):
            ProblemAnswer(
                .bodyTooLarge, "\(actual) bytes, the limit is \(limit).", ProblemAnswer.numbers(limit, actual))
        case .bodyTakesTooMuch(let limit, let actual):
            ProblemAnswer(
                .bodyTooLarge,
                "Reading this body takes \(actual) bytes of memory, all requests together have \(limit) "
                    + "(--max-buffered-bytes): send fewer inputs at a time.",
                ProblemAnswer.numbers(limit, actual))
        case .answerTakesTooMuch(let limit, let actual):
            ProblemAnswer(
                .requestTooLarge,
                "Reading and answering this takes \(actual) bytes of memory, all requests together have \(limit) "
                    + "(--max-buffered-bytes): send fewer inputs at a time, or ask for fewer likeliest tokens.",
                ProblemAnswer.numbers(limit, actual))
        case .optionsInTarget(let query):
            ProblemAnswer(
                .invalidField,
                "What follows the ? of the target is not read: expected options in the body, got "
                    + "\(query.shortened(toBytes: 80)).")
        case .loading:
            ProblemAnswer(.loading, "The models are being loaded.", fields: ProblemAnswer.retry(.seconds(5)))
        case .draining:
            ProblemAnswer(
                .draining, "The server finishes what it has and stops.", fields: ProblemAnswer.retry(.seconds(10)))
        case .unknownModel(let got, let known):
            ProblemAnswer(
                .unknownModel,
                "There is no model \(got.shortened(toBytes: 80)); loaded: \(known.joined(separator: ", ")).")
        case .fingerprintMismatch(let field, let expected, let actual):
            ProblemAnswer(
                .fingerprintMismatch, "\(field) is \(actual) here, the request expects \(expected).",
                ["path": .string(field), "expected": .string(expected), "actual": .string(actual)])
        case .tooManyInputs(let limit, let actual):
            ProblemAnswer(
                .tooManyInputs, "\(actual) inputs, the limit is \(limit).", ProblemAnswer.numbers(limit, actual))
        case .requestTooLarge(let limit, let actual):
            ProblemAnswer(
                .requestTooLarge, "\(actual) tokens, the limit is \(limit).", ProblemAnswer.numbers(limit, actual))
        case .topKOutOfRange(let field, let limit, let actual):
            ProblemAnswer(
                .requestTooLarge, "\(field) is \(actual), the limit is \(limit), max_top_k of /info.",
                ["limit": .integer(limit), "actual": .integer(actual), "path": .string(field)])
        case .detailTooLarge(let what, let tokens, let costPerToken, let limit):
            ProblemAnswer(
                .requestTooLarge,
                "\(tokens) tokens with \(what) count \(tokens * costPerToken) times, the limit is \(limit), "
                    + "max_queued_tokens of /info: send fewer inputs at a time.",
                ProblemAnswer.numbers(limit, tokens * costPerToken))
        case .noTemperedScores(let model, let engine):
            ProblemAnswer(
                .engineUnable,
                "entropy and temperatures are of a whole distribution, and \(engine), which computes \(model), tells only its "
                    + "likeliest tokens: ask a teacher that this server computes itself, or for top_k.")
        case .noRoomForNext(let item, let tokens, let limit):
            ProblemAnswer(
                .sequenceTooLong,
                "inputs[\(item)]: \(tokens) tokens and one more behind them, the limit is \(limit); ask for none, or cut it into pieces.",
                ["item": .integer(item), "limit": .integer(limit), "actual": .integer(tokens + 1)])
        case .studentMissing(let item, let weighting):
            ProblemAnswer(
                .studentMissing,
                "inputs[\(item)]: weighting \(weighting) needs student_logprobs, or a server started with --base.",
                ["item": .integer(item)])
        case .input(let item, let error): error.answer(item: item)
        }
    }
}

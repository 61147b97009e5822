import Compression
import HTTPSockets
import JSONValues
import Scoring
import ScoringAPI
import Sequences
import TokenWeights
import Tokenizers

/// Every error that a request can end with, so that one switch can name them all.
enum RequestFailure {
    case wire(WireError)
    case service(ServiceError)
    case queue(QueueError)
    case weighting(TokenWeightError)
    case tokenizer(TokenizerError)
    case compression(CompressionError)
    case http(HTTPProtocolError)
    /// Nothing a request should be able to cause.
    case unexpected(String)

    init(_ error: any Error) {
        switch error {
        case let error as WireError: self = .wire(error)
        case let error as ServiceError: self = .service(error)
        case let error as QueueError: self = .queue(error)
        case let error as TokenWeightError: self = .weighting(error)
        case let error as TokenizerError: self = .tokenizer(error)
        case let error as CompressionError: self = .compression(error)
        case let error as HTTPProtocolError: self = .http(error)
        default: self = .unexpected("\(error)")
        }
    }
}

/// A problem with the fields that go with it, and what only the log may know.
struct ProblemAnswer {
    var problem: Problem
    var fields: HTTPFields = [:]
    var internals: String?

    private init(
        _ kind: ProblemKind, _ detail: String, _ extensions: JSONObject = [:], fields: HTTPFields = [:],
        internals: String? = nil
    ) {
        problem = Problem(kind, detail: detail, extensions: extensions)
        self.fields = fields
        self.internals = internals
    }

    private init(internals: String) {
        self.init(.internalError, "The cause is in the server's log under this request's id.", internals: internals)
    }

    init(_ error: any Error) {
        switch RequestFailure(error) {
        case .wire(let error):
            self.init(error.kind, error.description, error.extensions)

        case .service(.notFound(let path)):
            self.init(.notFound, "Nothing is served at \(path); GET /openapi.yaml lists the routes.")
        case .service(.methodNotAllowed(let method, let allowed)):
            let list = allowed.joined(separator: ", ")
            self.init(.methodNotAllowed, "\(method) is not served here: \(list).", fields: ["Allow": list])
        case .service(.unauthorized):
            self.init(
                .unauthorized, "Send a key that the server knows as Authorization: Bearer KEY.",
                fields: ["WWW-Authenticate": "Bearer realm=\"remit\""])
        case .service(.forbidden(let reason)):
            self.init(.forbidden, reason)
        case .service(.foreignHost(let got)):
            self.init(
                .foreignOrigin,
                "Host is \(got): without keys only names of this machine are answered, and those given with --allowed-host."
            )
        case .service(.foreignOrigin(let got)):
            self.init(
                .foreignOrigin, "Origin is \(got): pages of other origins may ask where --allowed-origin names them.")
        case .service(.noPermit(let retryAfter)):
            self.init(
                .queueFull, "Other requests are being read and written; the turn of this one did not come in its time.",
                fields: Self.retry(retryAfter))
        case .service(.clientGone):
            self.init(.requestTimeout, "The client left before its answer.")
        case .service(.impossibleLogProb(let item, let position, let what)):
            self.init(
                .internalError,
                "inputs[\(item)], position \(position): \(what). No model can give that: its weights are damaged.",
                ["item": .integer(item), "position": .integer(position)],
                internals: "inputs[\(item)], position \(position): \(what)")
        case .service(.teacherConflict(let reason)):
            self.init(.teacherConflict, reason)
        case .service(.teacherNotLoaded(.outside(let path))):
            self.init(
                .forbidden, TeacherLoadError.outside(path: path).description, ["path": .string("path")])
        case .service(.teacherNotLoaded(.unusable(let path, let reason))):
            self.init(
                .teacherUnusable, TeacherLoadError.unusable(path: path, reason: reason).description,
                ["path": .string("path")])
        case .service(.teacherNotLoaded(.tooLarge(let needed, let inUse, let limit))):
            self.init(
                .memoryExceeded, TeacherLoadError.tooLarge(needed: needed, inUse: inUse, limit: limit).description,
                Self.numbers(limit, inUse + needed))
        case .service(.unsupportedMediaType(let got, let expected)):
            self.init(
                .unsupportedMediaType, "Content-Type is \(got), expected \(expected.joined(separator: " or ")).")
        case .service(.unsupportedContentCoding(let got)):
            self.init(
                .unsupportedContentCoding,
                "Content-Encoding is \(got), expected one of \(ContentCoding.offered), or none.",
                fields: ["Accept-Encoding": ContentCoding.offered])
        case .service(.rateLimited(let key, let tokensPerMinute, let retryAfter)):
            self.init(
                .rateLimited, "Key \(key) may have \(tokensPerMinute) tokens scored a minute.",
                ["limit": .integer(tokensPerMinute)], fields: Self.retry(retryAfter))
        case .service(.notAcceptable(let got, let offered)):
            self.init(.notAcceptable, "Accept is \(got), offered is \(offered.joined(separator: " or ")).")
        case .service(.invalidHeader(let name, let expected)):
            self.init(.invalidField, "\(name): expected \(expected).", ["path": .string(name)])
        case .service(.bodyTooLarge(let limit, let actual)):
            self.init(.bodyTooLarge, "\(actual) bytes, the limit is \(limit).", Self.numbers(limit, actual))
        case .service(.loading):
            self.init(.loading, "The models are being loaded.", fields: Self.retry(.seconds(5)))
        case .service(.draining):
            self.init(.draining, "The server finishes what it has and stops.", fields: Self.retry(.seconds(10)))
        case .service(.unknownModel(let got, let known)):
            self.init(.unknownModel, "There is no model \(got); loaded: \(known.joined(separator: ", ")).")
        case .service(.fingerprintMismatch(let field, let expected, let actual)):
            self.init(
                .fingerprintMismatch, "\(field) is \(actual) here, the request expects \(expected).",
                ["path": .string(field), "expected": .string(expected), "actual": .string(actual)])
        case .service(.tooManyInputs(let limit, let actual)):
            self.init(.tooManyInputs, "\(actual) inputs, the limit is \(limit).", Self.numbers(limit, actual))
        case .service(.requestTooLarge(let limit, let actual)):
            self.init(.requestTooLarge, "\(actual) tokens, the limit is \(limit).", Self.numbers(limit, actual))
        case .service(.topKOutOfRange(let limit, let actual)):
            var extensions = Self.numbers(limit, actual)
            extensions[key: "path"] = .string("top_k")
            self.init(.requestTooLarge, "top_k is \(actual), the limit is \(limit), max_top_k of /info.", extensions)
        case .service(.topKTooLarge(let tokens, let topK, let limit)):
            let actual = SegmentKey.cost(tokens: tokens, topK: topK)
            self.init(
                .requestTooLarge,
                "\(tokens) tokens with top_k \(topK) count \(actual) times, the limit is \(limit), max_queued_tokens of "
                    + "/info: send fewer inputs at a time.", Self.numbers(limit, actual))
        case .service(.studentMissing(let item, let weighting)):
            self.init(
                .studentMissing,
                "inputs[\(item)]: weighting \(weighting) needs student_logprobs, or a server started with --base.",
                ["item": .integer(item)])
        case .service(.input(let item, .documentTooLong(let position, let tokens, let limit))):
            self.init(
                .sequenceTooLong,
                "inputs[\(item)]: \(SequenceError.documentTooLong(position: position, tokens: tokens, limit: limit))",
                [
                    "item": .integer(item), "position": .integer(position), "limit": .integer(limit),
                    "actual": .integer(tokens),
                ])
        case .service(.input(let item, let error)):
            var extensions: JSONObject = ["item": .integer(item)]
            if let position = error.position { extensions[key: "position"] = .integer(position) }
            self.init(.invalidInput, "inputs[\(item)]: \(error)", extensions)

        case .queue(.full(let requestTokens, let queuedTokens, let limit, let retryAfter)):
            self.init(
                .queueFull, "\(queuedTokens) tokens wait, the request has \(requestTokens), the limit is \(limit).",
                ["limit": .integer(limit), "actual": .integer(queuedTokens + requestTokens)],
                fields: Self.retry(retryAfter))
        case .queue(.requestTooLarge(let tokens, let limit)):
            self.init(
                .requestTooLarge, "\(tokens) tokens to score, the limit is \(limit).", Self.numbers(limit, tokens))
        case .queue(.deadlineExceeded(let retryAfter)):
            self.init(
                .deadlineExceeded, "What was scored by then is kept: a retry picks it up.",
                fields: Self.retry(retryAfter))
        case .queue(.clientGone):
            self.init(.requestTimeout, "The client left before its answer.")
        case .queue(.shutDown):
            self.init(.draining, "The server stops.", fields: Self.retry(.seconds(10)))
        case .queue(.tooManyOpenFiles):
            self.init(.overloaded, "The server has no file descriptor left.", fields: Self.retry(.seconds(1)))
        case .queue(.engineFailed(let reason)):
            self.init(internals: reason)
        case .queue(.impossibleLogProb):
            self.init(internals: "\(error)")

        case .weighting(.unknownWeighting(let got, let known)):
            self.init(
                .invalidField, "weighting: expected one of \(known.joined(separator: ", ")), got \(got)",
                ["path": .string("weighting")])
        case .weighting(.optionOutOfRange(let name, let expected, let got)):
            self.init(.invalidField, "\(name): expected \(expected), got \(got)", ["path": .string(name)])
        case .weighting(.lengthMismatch), .weighting(.missingLogProbs), .weighting(.nonFiniteLogProb),
            .weighting(.documentStarts), .weighting(.missingDomain):
            self.init(internals: "\(error)")

        case .tokenizer(.unknownTokenID(let id, let position, let vocabularySize)):
            self.init(
                .invalidInput, "token id \(id) is outside the vocabulary of \(vocabularySize)",
                position.map { ["position": .integer($0)] } ?? [:])
        case .tokenizer(.textTooLong(let bytes, let limit)):
            self.init(
                .requestTooLarge, "a text has \(bytes) bytes, the tokenizer's limit is \(limit)",
                Self.numbers(limit, bytes))
        case .tokenizer(.unreadable), .tokenizer(.notJSON), .tokenizer(.missingField), .tokenizer(.wrongType),
            .tokenizer(.unknownField), .tokenizer(.unsupportedStage), .tokenizer(.unsupportedValue),
            .tokenizer(.invalidPattern), .tokenizer(.invalidVocabulary), .tokenizer(.invalidUTF8),
            .tokenizer(.patternFailed):
            self.init(internals: "\(error)")

        case .compression(.outputLimit(_, let limit, let produced, _)):
            self.init(.bodyTooLarge, "\(error)", Self.numbers(limit, produced))
        case .compression(.windowLimit), .compression(.truncated), .compression(.notCompressed),
            .compression(.trailingGarbage), .compression(.corrupt):
            self.init(.malformedContentCoding, "\(error)")
        case .compression(.outOfMemory):
            self.init(.overloaded, "\(error)", fields: Self.retry(.seconds(1)))

        case .http(let error):
            self.init(error)

        case .unexpected(let description):
            self.init(internals: description)
        }
    }

    /// A request that never became one.
    init(_ error: HTTPProtocolError) {
        switch error {
        case .bodyTooLarge(let limit, let actual):
            var extensions: JSONObject = ["limit": .integer(limit)]
            if let actual { extensions[key: "actual"] = .integer(actual) }
            self.init(.bodyTooLarge, error.description, extensions)
        case .tooManyBodyBytes(let limit):
            self.init(
                .overloaded, error.description, ["limit": .integer(limit)], fields: Self.retry(.seconds(1)))
        case .tooManyConnections, .noResources:
            self.init(.overloaded, error.description, fields: Self.retry(.seconds(1)))
        case .timedOut: self.init(.requestTimeout, error.description)
        case .targetTooLong: self.init(.targetTooLong, error.description)
        case .unknownExpectation: self.init(.expectationFailed, error.description)
        case .headerTooLarge, .tooManyFields, .trailersTooLarge: self.init(.headersTooLarge, error.description)
        case .unsupportedVersion: self.init(.versionNotSupported, error.description)
        case .unsafeResponseField: self.init(internals: error.description)
        case .badMethod, .badTarget, .badVersion, .bareLineFeed, .bareCarriageReturn, .forbiddenByte, .foldedField,
            .badFieldName, .missingHost, .repeatedHost, .badHost, .badContentLength, .repeatedContentLength,
            .contentLengthWithTransferEncoding, .badTransferEncoding, .badChunkSize, .badChunkEnd,
            .badChunkExtension, .chunkExtensionsTooLarge:
            self.init(.badRequest, error.description)
        }
    }

    private static func retry(_ after: Duration) -> HTTPFields {
        ["Retry-After": String(max(1, Int((after / .seconds(1)).rounded(.up))))]
    }

    private static func numbers(_ limit: Int, _ actual: Int) -> JSONObject {
        ["limit": .integer(limit), "actual": .integer(actual)]
    }
}

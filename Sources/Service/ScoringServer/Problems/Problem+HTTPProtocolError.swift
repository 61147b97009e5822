import HTTPSockets
import JSONValues
import ScoringAPI

extension HTTPProtocolError: AnswerableError {
    /// A request that never became one.
    var answer: ProblemAnswer {
        switch self {
        case .bodyTooLarge(let limit, let actual):
            ProblemAnswer(
                .bodyTooLarge, description,
                actual.map { ProblemAnswer.numbers(limit, $0) } ?? ["limit": .integer(limit)])
        case .tooManyBodyBytes(let limit):
            ProblemAnswer(
                .overloaded, description, ["limit": .integer(limit)], fields: ProblemAnswer.retry(.seconds(1)))
        case .tooManyConnections, .noResources:
            ProblemAnswer(.overloaded, description, fields: ProblemAnswer.retry(.seconds(1)))
        case .timedOut: ProblemAnswer(.requestTimeout, description)
        case .targetTooLong: ProblemAnswer(.targetTooLong, description)
        case .unknownExpectation: ProblemAnswer(.expectationFailed, description)
        case .headerTooLarge, .tooManyFields, .trailersTooLarge: ProblemAnswer(.headersTooLarge, description)
        case .unsupportedVersion: ProblemAnswer(.versionNotSupported, description)
        case .unsafeResponseField: ProblemAnswer(internals: description)
        case .badMethod, .badTarget, .badVersion, .bareLineFeed, .bareCarriageReturn, .forbiddenByte, .foldedField,
            .badFieldName, .missingHost, .repeatedHost, .badHost, .badContentLength, .repeatedContentLength,
            .contentLengthWithTransferEncoding, .badTransferEncoding, .badChunkSize, .badChunkEnd, .badChunkExtension,
            .chunkExtensionsTooLarge:
            ProblemAnswer(.badRequest, description)
        }
    }
}

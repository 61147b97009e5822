import CCurl

/// A request as it is sent. The body's memory is lent to curl for the time of the call.
struct HTTPCall {
    var path: String
    /// Bytes that are sent; nil: the call is a GET.
    var body: [UInt8]?
    var contentType: String?
    var accept: String
    /// Whether the body is sent with PUT instead of POST.
    var isPut = false
}

struct HTTPReply {
    var status: Int
    var contentType: String?
    var retryAfter: Duration?
    var body: [UInt8]
}

/// Reasons why a transfer has no reply.
enum TransferError: Error, Equatable {
    case cancelled
    case tooLarge
    /// A failure to connect, send or receive, or one that took too long: another time it may go well.
    case transient(String)
    /// A failure that will come again: a certificate, a malformed URL, a missing file.
    case permanent(String)

    init(_ code: CURLcode, _ detail: String) {
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_UNKNOWN_OPTION,
            CURLE_BAD_FUNCTION_ARGUMENT, CURLE_NOT_BUILT_IN, CURLE_FAILED_INIT:
            self = .permanent(reason)
        case CURLE_FILESIZE_EXCEEDED:
            self = .tooLarge
        default:
            self = .transient(reason)
        }
    }
}

import CCurl

/// Reasons why a transfer has no reply.
package enum TransferError: Error, Equatable, Sendable {
    /// Its end was asked for.
    case cancelled
    /// A reply whose body is larger than is taken.
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
        case CURLE_SSL_CONNECT_ERROR where Self.isPlainAnswer(reason):
            self = .permanent("\(reason): it does not speak TLS; is the address one of http://?")
        case CURLE_FILESIZE_EXCEEDED:
            self = .tooLarge
        default:
            self = .transient(reason)
        }
    }

    /// How OpenSSL and GnuTLS say that the first bytes of a server were no TLS.
    private static func isPlainAnswer(_ reason: String) -> Bool {
        ["wrong version number", "packet length too long", "http request", "unexpected TLS packet"].contains {
            reason.contains($0)
        }
    }
}

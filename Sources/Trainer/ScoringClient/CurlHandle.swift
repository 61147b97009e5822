import CCurl
import System

/// One libcurl handle with its connection, used by one thread at a time; kept between calls so that connections are reused.
///
/// A multi handle of one transfer instead of curl_easy_perform: that one looks at nothing for up to a second while a server
/// computes, and cancelling would take as long.
///
/// `@unchecked Sendable`: `HandlePool` lends it to one thread at a time, behind a lock.
final class CurlHandle: @unchecked Sendable {
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// A handle without a connection; nil where libcurl has no memory, or was built without what it needs.
    init?() {
        guard CurlHandle.isLibraryReady, let easy = curl_easy_init() else { return nil }
        guard let multi = curl_multi_init() else {
            curl_easy_cleanup(easy)
            return nil
        }
        (self.easy, self.multi) = (easy, multi)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        errorText.deallocate()
    }

    /// Once for the process, by whichever thread comes first: libcurl's own requirement.
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    func perform(
        _ call: HTTPCall, _ url: String, _ configuration: ScoringClientConfiguration, timeout: Duration,
        cancellation: StopFlag?
    ) throws(TransferError) -> HTTPReply {
        let collector = ResponseCollector(limit: configuration.maxResponseBytes)
        let headers = HeaderList(call, key: configuration.apiKey)
        errorText.pointee = 0
        try setUp(url, configuration, timeout)
        try check(remit_curl_set_list(easy, CURLOPT_HTTPHEADER, headers.first))
        try check(
            remit_curl_set_writer(easy, ResponseCollector.write, Unmanaged.passUnretained(collector).toOpaque()))
        let code = try withExtendedLifetime((headers, collector)) { () throws(TransferError) in
            try transfer(call.body, isPut: call.isPut, cancellation)
        }
        if collector.isTooLarge { throw .tooLarge }
        try check(code)
        return reply(collector.body)
    }

    private func setUp(
        _ url: String, _ configuration: ScoringClientConfiguration, _ timeout: Duration
    ) throws(TransferError) {
        // Keeps connections and sessions, forgets every option.
        curl_easy_reset(easy)
        try check(remit_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        let connectTimeout = min(configuration.connectTimeout, timeout)
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            (CURLOPT_NOSIGNAL, 1),
            (CURLOPT_TCP_NODELAY, 1),
            (CURLOPT_TCP_KEEPALIVE, 1),
            (CURLOPT_FOLLOWLOCATION, 0),
            (CURLOPT_SSL_VERIFYPEER, 1),
            (CURLOPT_SSL_VERIFYHOST, 2),
            (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            (CURLOPT_BUFFERSIZE, 256 << 10),
            (CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10),
            // A name look-up that is cancelled is not waited for.
            (CURLOPT_QUICK_EXIT, 1),
            (CURLOPT_CONNECTTIMEOUT_MS, max(1, connectTimeout.milliseconds)),
            (CURLOPT_TIMEOUT_MS, max(1, timeout.milliseconds)),
        ]
        for (option, value) in numbers { try check(remit_curl_set_long(easy, option, value)) }
        try set(CURLOPT_URL, url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        // The server is named; a proxy from the environment would see the key.
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_USERAGENT, "remit")
        if let caFile = configuration.caFile { try set(CURLOPT_CAINFO, caFile) }
    }

    /// The body is lent to curl until the transfer is over.
    private func transfer(
        _ body: [UInt8]?, isPut: Bool, _ cancellation: StopFlag?
    ) throws(TransferError) -> CURLcode {
        guard let body else { return try run(cancellation) }
        try check(remit_curl_set_long(easy, CURLOPT_POST, 1))
        if isPut { try set(CURLOPT_CUSTOMREQUEST, "PUT") }
        try check(remit_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        let result = body.withUnsafeBytes { bytes in
            Result { () throws(TransferError) in
                // A pointer to nothing would make curl read from stdin.
                try check(
                    remit_curl_set_pointer(easy, CURLOPT_POSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(errorText)))
                return try run(cancellation)
            }
        }
        return try result.get()
    }

    private func run(_ cancellation: StopFlag?) throws(TransferError) -> CURLcode {
        try check(curl_multi_add_handle(multi, easy))
        defer { curl_multi_remove_handle(multi, easy) }
        var running: Int32 = 1
        var code = CURLE_OK
        while true {
            try check(curl_multi_perform(multi, &running))
            if remit_curl_finished(multi, &code) != 0 { return code }
            if cancellation?.isRequested == true { throw .cancelled }
            try check(curl_multi_poll(multi, nil, 0, Int32(StopFlag.reaction.milliseconds), nil))
        }
    }

    private func reply(_ body: [UInt8]) -> HTTPReply {
        var status = 0
        var retryAfter: curl_off_t = 0
        var contentType: UnsafePointer<CChar>?
        _ = remit_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        _ = remit_curl_get_size(easy, CURLINFO_RETRY_AFTER, &retryAfter)
        _ = remit_curl_get_string(easy, CURLINFO_CONTENT_TYPE, &contentType)
        return HTTPReply(
            status: status, contentType: contentType.map { String(cString: $0) },
            retryAfter: retryAfter > 0 ? .seconds(Int(retryAfter)) : nil, body: body)
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransferError) {
        try check(remit_curl_set_string(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(TransferError) {
        if code != CURLE_OK { throw TransferError(code, String(cString: errorText)) }
    }

    private func check(_ code: CURLMcode) throws(TransferError) {
        if code != CURLM_OK { throw .transient(String(cString: curl_multi_strerror(code))) }
    }
}

/// The request's own fields as curl takes them.
private final class HeaderList {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init(_ call: HTTPCall, key: APIKey?) {
        // Empty: the field is not sent, and no 100 Continue is waited for.
        append("Expect:")
        append("Accept: \(call.accept)")
        if let contentType = call.contentType { append("Content-Type: \(contentType)") }
        if let key { append("Authorization: Bearer \(key.text)") }
    }

    private func append(_ line: String) {
        if let longer = curl_slist_append(first, line) { first = longer }
    }

    deinit { curl_slist_free_all(first) }
}

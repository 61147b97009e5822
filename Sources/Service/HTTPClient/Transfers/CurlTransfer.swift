import CCurl

/// One transfer on a libcurl easy handle: what is lent to curl until it is over, and what came.
///
/// Used by the one thread of its `TransferLoop`.
final class CurlTransfer {
    /// libcurl's handle, as `curl_multi_add_handle` takes it.
    let easy: UnsafeMutableRawPointer
    private let configuration: HTTPClientConfiguration
    private let headers: HeaderList
    private let body: LentBytes?
    private let collector: ResponseCollector
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// Sets a handle up for a call.
    ///
    /// - Parameter easy: without a transfer. It keeps its connections and sessions, and forgets every option.
    /// - Throws: `TransferError` where curl refuses an option, as a malformed URL.
    init(
        _ easy: UnsafeMutableRawPointer, _ call: HTTPCall, url: String, _ configuration: HTTPClientConfiguration,
        timeout: Duration
    ) throws(TransferError) {
        self.easy = easy
        self.configuration = configuration
        headers = HeaderList(call, key: configuration.apiKey)
        body = call.body.map { LentBytes($0) }
        collector = ResponseCollector(
            limit: min(configuration.maxReplyBytes, call.maxReplyBytes ?? configuration.maxReplyBytes))
        errorText.pointee = 0
        try setUp(url, timeout)
        try check(remit_curl_set_list(easy, CURLOPT_HTTPHEADER, headers.first))
        try check(
            remit_curl_set_writer(easy, ResponseCollector.write, Unmanaged.passUnretained(collector).toOpaque()))
        if let body { try send(body, isPut: call.isPut) }
    }

    deinit { errorText.deallocate() }

    /// What came, once curl says that the transfer is over.
    func result(_ code: CURLcode) -> Result<HTTPReply, TransferError> {
        if collector.isTooLarge { return .failure(.tooLarge) }
        if code != CURLE_OK { return .failure(failure(code)) }
        var status = 0
        var retryAfter: curl_off_t = 0
        var contentType: UnsafePointer<CChar>?
        _ = remit_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        _ = remit_curl_get_size(easy, CURLINFO_RETRY_AFTER, &retryAfter)
        _ = remit_curl_get_string(easy, CURLINFO_CONTENT_TYPE, &contentType)
        return .success(
            HTTPReply(
                status: status, contentType: contentType.map { String(cString: $0) },
                retryAfter: retryAfter > 0 ? .seconds(Int(retryAfter)) : nil, body: collector.body))
    }

    /// The reason; where nobody is trusted, with what to do about it.
    private func failure(_ code: CURLcode) -> TransferError {
        let detail = String(cString: errorText)
        guard code == CURLE_PEER_FAILED_VERIFICATION, configuration.caFile == nil else {
            return TransferError(code, detail)
        }
        return .permanent(
            "\(detail): no file of trusted authorities was found on this system; --ca-file or SSL_CERT_FILE names one")
    }

    private func setUp(_ url: String, _ timeout: Duration) throws(TransferError) {
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

    private func send(_ body: LentBytes, isPut: Bool) throws(TransferError) {
        try check(remit_curl_set_long(easy, CURLOPT_POST, 1))
        if isPut { try set(CURLOPT_CUSTOMREQUEST, "PUT") }
        try check(remit_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        try check(remit_curl_set_pointer(easy, CURLOPT_POSTFIELDS, body.base))
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransferError) {
        try check(remit_curl_set_string(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(TransferError) {
        if code != CURLE_OK { throw TransferError(code, String(cString: errorText)) }
    }
}

/// A body at an address that stays, which curl reads from for as long as the transfer lasts.
private final class LentBytes {
    let base: UnsafeMutableRawPointer
    let count: Int

    init(_ bytes: [UInt8]) {
        count = bytes.count
        // A pointer to nothing would make curl read from stdin.
        base = .allocate(byteCount: max(1, count), alignment: 1)
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: base, count: count).copyMemory(from: $0) }
    }

    deinit { base.deallocate() }
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

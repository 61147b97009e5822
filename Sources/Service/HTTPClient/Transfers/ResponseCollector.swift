import CCurl

/// Takes the body as curl receives it, up to a limit.
final class ResponseCollector {
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Writer for CURLOPT_WRITEFUNCTION with the collector as its context; anything but the count ends the transfer.
    static let write: remit_curl_write = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let collector = Unmanaged<ResponseCollector>.fromOpaque(context).takeUnretainedValue()
        return collector.append(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
    }

    private func append(_ part: UnsafeRawBufferPointer) -> Bool {
        isTooLarge = part.count > limit - body.count
        if !isTooLarge { body.append(contentsOf: part) }
        return !isTooLarge
    }
}

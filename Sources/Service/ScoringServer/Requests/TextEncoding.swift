import HTTPSockets
import Tokenizers

/// Makes token ids of texts that a client sent: no more of them than it may have, with no more memory than is left.
///
/// A text of a few kilobytes on the wire may be one of megabytes, and a tokenizer's working memory is a multiple of that. So it is
/// claimed while the tokenizer runs, and of a long text the beginning is tokenized first: where that has too many tokens, the rest is
/// left alone.
struct TextEncoding {
    /// Working memory of a tokenizer in bytes for a byte of text: 51 measured where each is a token of its own, 20 for words; normalizers
    /// that rewrite a text take more.
    private static let workingBytes = 64
    /// Tokens that the end of a cut text may have more than the same bytes of the whole one.
    private static let slack = 1024
    /// Bytes of the beginning that are looked at first, for each token that is allowed.
    private static let firstBytesPerToken = 8
    private static let leastFirstBytes = 64 << 10

    let tokenizer: Tokenizer
    let lease: BodyLease
    let addSpecialTokens: Bool
    /// False: spans keep the blanks that tokens start and end with, also where the tokenizer's file leaves them out.
    var trimsOffsets = true

    /// Tokens of a text, at most `limit`.
    ///
    /// - Parameter before: tokens of the request that were there already, for the message.
    /// - Throws: `ServiceError.requestTooLarge` where there are more, `TokenizerError.textTooLong` where the memory that it would take
    ///   is more than there is for all requests together, `HTTPProtocolError.tooManyBodyBytes` where it is not free now.
    func encode(_ text: String, limit: Int, before: Int = 0) throws -> Tokenizer.Encoding {
        var text = text
        return try text.withUTF8 { bytes in
            var count = max(Self.leastFirstBytes, Self.firstBytesPerToken * limit)
            while count < bytes.count {
                let beginning = UnsafeBufferPointer(rebasing: bytes[..<Self.boundary(bytes, before: count)])
                let tokens = try encode(beginning, addSpecialTokens: false).ids.count
                guard tokens <= limit + Self.slack else { throw Self.tooLarge(limit, tokens, before) }
                count *= 4
            }
            let encoding = try encode(bytes, addSpecialTokens: addSpecialTokens)
            guard encoding.ids.count <= limit else { throw Self.tooLarge(limit, encoding.ids.count, before) }
            return encoding
        }
    }

    private func encode(_ bytes: UnsafeBufferPointer<UInt8>, addSpecialTokens: Bool) throws -> Tokenizer.Encoding {
        let longest = lease.rest / Self.workingBytes
        guard bytes.count <= longest else { throw TokenizerError.textTooLong(bytes: bytes.count, limit: longest) }
        return try lease.holding(bytes.count * Self.workingBytes) {
            try tokenizer.encode(utf8: bytes, addSpecialTokens: addSpecialTokens, trimsOffsets: trimsOffsets)
        }
    }

    /// The start of the character that holds the byte at `count`.
    private static func boundary(_ bytes: UnsafeBufferPointer<UInt8>, before count: Int) -> Int {
        var count = count
        while count > 0, bytes[count] & 0xC0 == 0x80 { count -= 1 }
        return count
    }

    private static func tooLarge(_ limit: Int, _ tokens: Int, _ before: Int) -> ServiceError {
        .requestTooLarge(limit: before + limit, actual: before + tokens)
    }
}

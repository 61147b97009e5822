/// What decompressing may cost, whatever the input claims.
package struct DecompressionLimits: Sendable, Equatable {
    /// One byte more is an error; nil: no limit, for a reader that keeps nothing (a corpus file).
    package let maxOutputBytes: Int?
    /// Of zstd: a frame that wants more history than two to this power is refused before it is allocated.
    /// gzip's window is 32 KiB always.
    package let maxWindowLog: Int
    /// Of gzip: zeros behind a member are padding, as gzip and Python read them (tapes and block devices leave them).
    package let allowsZeroPadding: Bool

    /// What `zstd -d` takes without a flag: 128 MiB.
    package static let fileWindowLog = 27
    /// What RFC 9659 allows for the HTTP content coding: 8 MiB.
    package static let contentCodingWindowLog = 23

    package init(maxOutputBytes: Int?, maxWindowLog: Int = Self.fileWindowLog, allowsZeroPadding: Bool = true) {
        precondition(maxOutputBytes ?? 0 >= 0, "a limit is not negative")
        precondition((10...31).contains(maxWindowLog), "zstd's windows go from 2^10 to 2^31 bytes")
        self.maxOutputBytes = maxOutputBytes
        self.maxWindowLog = maxWindowLog
        self.allowsZeroPadding = allowsZeroPadding
    }

    /// For a request body, which no medium pads.
    package static func contentCoding(maxOutputBytes: Int) -> Self {
        Self(maxOutputBytes: maxOutputBytes, maxWindowLog: contentCodingWindowLog, allowsZeroPadding: false)
    }
}

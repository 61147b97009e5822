/// What decompressing may cost, whatever the input claims.
package struct DecompressionLimits: Sendable, Equatable {
    /// Most bytes that may come out; one more is an error. Nil: no limit, for a reader that keeps nothing (a corpus file).
    package let maxOutputBytes: Int?
    /// Most history that a zstd frame may want, two to this power bytes: one that wants more is refused before it is allocated. gzip's
    /// window is 32 KiB always.
    package let maxWindowLog: Int
    /// Whether zeros behind a gzip member are padding, as gzip and Python read them (tapes and block devices leave them).
    package let allowsZeroPadding: Bool

    /// The window that `zstd -d` takes without a flag: 128 MiB.
    package static let fileWindowLog = 27
    /// The window that RFC 9659 allows for the HTTP content coding: 8 MiB.
    package static let contentCodingWindowLog = 23

    /// Limits as for a file, but for the output's; `maxWindowLog` must be from 10 to 31, `maxOutputBytes` not negative.
    package init(maxOutputBytes: Int?, maxWindowLog: Int = Self.fileWindowLog, allowsZeroPadding: Bool = true) {
        precondition(maxOutputBytes ?? 0 >= 0, "a limit is not negative")
        precondition((10...31).contains(maxWindowLog), "zstd's windows go from 2^10 to 2^31 bytes")
        self.maxOutputBytes = maxOutputBytes
        self.maxWindowLog = maxWindowLog
        self.allowsZeroPadding = allowsZeroPadding
    }

    /// Limits for a request body, which no medium pads.
    package static func contentCoding(maxOutputBytes: Int) -> Self {
        Self(maxOutputBytes: maxOutputBytes, maxWindowLog: contentCodingWindowLog, allowsZeroPadding: false)
    }
}

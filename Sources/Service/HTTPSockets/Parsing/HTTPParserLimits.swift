/// What a request may cost before its body is accepted. All in bytes, but for the count of fields.
package struct HTTPParserLimits: Sendable, Hashable {
    /// Request line and fields with their line ends, empty lines before them included.
    package var maxHeaderBytes: Int
    package var maxHeaderCount: Int
    package var maxTargetBytes: Int
    /// Extensions of all chunks of one body.
    package var maxChunkExtensionBytes: Int
    package var maxTrailerBytes: Int

    package init(
        maxHeaderBytes: Int = 32 << 10, maxHeaderCount: Int = 100, maxTargetBytes: Int = 8 << 10,
        maxChunkExtensionBytes: Int = 4 << 10, maxTrailerBytes: Int = 8 << 10
    ) {
        precondition(maxHeaderBytes > 0 && maxHeaderCount > 0 && maxTargetBytes > 0)
        self.maxHeaderBytes = maxHeaderBytes
        self.maxHeaderCount = maxHeaderCount
        self.maxTargetBytes = maxTargetBytes
        self.maxChunkExtensionBytes = maxChunkExtensionBytes
        self.maxTrailerBytes = maxTrailerBytes
    }
}

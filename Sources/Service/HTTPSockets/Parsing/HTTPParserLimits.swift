/// What a request may cost before its body is accepted. All in bytes, but for the count of fields.
package struct HTTPParserLimits: Sendable, Hashable {
    /// Most bytes of the request line and the fields with their line ends, empty lines before them included.
    package var maxHeaderBytes: Int
    /// Most field lines in a header.
    package var maxHeaderCount: Int
    /// Most bytes of the request target; 414 beyond it.
    package var maxTargetBytes: Int
    /// Most bytes that the extensions of all chunks of one body may have.
    package var maxChunkExtensionBytes: Int
    /// Most bytes of the trailer section of a chunked body, line ends included.
    package var maxTrailerBytes: Int

    /// Limits of which those of the header must be above 0; no chunk extensions or trailers may be allowed at all.
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

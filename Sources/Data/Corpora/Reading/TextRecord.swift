/// One document as a reader found it: UTF-8 bytes, not yet checked or tokenized.
package struct TextRecord: Sendable, Equatable {
    /// UTF-8; a prompt, if there is one, comes first.
    package var text: [UInt8]
    /// How many bytes of `text` are a prompt: context, neither scored nor counted.
    package var promptBytes: Int
    package var id: String?
    package var domain: String?
    package var file: String
    /// From 1; a plain text file is all at line 1.
    package var line: Int

    package init(
        text: [UInt8], promptBytes: Int = 0, id: String? = nil, domain: String? = nil, file: String, line: Int
    ) {
        self.text = text
        self.promptBytes = promptBytes
        self.id = id
        self.domain = domain
        self.file = file
        self.line = line
    }
}

/// One document as a reader found it: UTF-8 bytes, not yet checked or tokenized.
package struct TextRecord: Sendable, Equatable {
    /// The document's UTF-8; a prompt, if there is one, comes first.
    package var text: [UInt8]
    /// Number of bytes at the beginning of `text` that are a prompt: context, neither scored nor counted.
    package var promptBytes: Int
    /// Name that the record's field `id` gives the document; nil where there is no such string.
    package var id: String?
    /// Name that the record's field `domain` gives to what the document is a part of; nil where there is none.
    package var domain: String?
    /// Path of the file that the record stands in, for errors.
    package var file: String
    /// Line that the record stands on, from 1; a plain text file is all at line 1.
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

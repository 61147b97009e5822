/// One document as a reader found it: UTF-8 bytes, not yet checked or tokenized.
package struct TextRecord: Sendable, Equatable {
    /// The document's UTF-8; a prompt, if there is one, comes first.
    package var text: [UInt8]
    /// Number of bytes at the beginning of `text` that are a prompt: context, neither scored nor counted.
    package var promptBytes: Int
    /// The document as ids, where its record has those: then there is no text.
    package var tokens: Tokens?
    /// Name that the record's field `id` gives the document; nil where there is no such string.
    package var id: String?
    /// Name that the record's field `domain` gives to what the document is a part of; nil where there is none.
    package var domain: String?
    /// Path of the file that the record stands in, for errors.
    package var file: String
    /// Line that the record stands on, from 1; a plain text file is all at line 1.
    package var line: Int

    /// A document that was tokenized before it was read.
    package struct Tokens: Sendable, Equatable {
        /// Ids, not yet compared with the vocabulary. [T]
        package var ids: [Int32]
        /// Which of them are scored; nil: all.
        package var mask: [Bool]?
    }

    /// Whether it holds neither text nor ids.
    package var isEmpty: Bool { tokens.map(\.ids.isEmpty) ?? text.isEmpty }

    /// Size of its text, or of its ids as text would be, about.
    package var byteCount: Int { tokens.map { $0.ids.count * 4 } ?? text.count }

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

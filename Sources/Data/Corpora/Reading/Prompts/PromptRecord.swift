import JSONValues

/// One prompt as a reader found it, with what its row says besides.
package struct PromptRecord: Sendable, Equatable {
    /// Text of the prompt, not empty.
    package var text: String
    /// The prompt as ids, where whoever read it has encoded it: then the text is what they say. Not empty. [T]
    package var tokenIDs: [Int32]?
    /// The row's other fields as the text of a JSON object, as they were written; nil where there are none.
    package var fields: [UInt8]?
    /// Number of the line in its file, or of the answer among a program's, from 1; 0 for one that was not read.
    package var row = 0

    package init(text: String, tokenIDs: [Int32]? = nil, fields: [UInt8]? = nil) {
        self.text = text
        self.tokenIDs = tokenIDs
        self.fields = fields
    }
}

/// A row that gives no prompt.
package struct PromptFault: Error, Equatable, Sendable {
    /// Number of the row, or of the line, in its file, from 1.
    package let row: Int
    /// Why it gives none, as the predicate of a sentence on the prompt.
    package let reason: String

    package init(row: Int, reason: String) {
        self.row = row
        self.reason = reason
    }
}

extension PromptRecord {
    private static let expected = "is not there: expected an object with a \"prompt\" that is not empty"

    /// A line of JSON with the field `prompt`.
    ///
    /// - Parameters:
    ///   - number: of the line in its file.
    ///   - kind: by which a program for such files is named.
    init(line: ArraySlice<UInt8>, number: Int, kind: String) throws(PromptFault) {
        var prompt: String?
        var isConversation = false
        var fields = JSONWriter()
        var fieldCount = 0
        do {
            try JSONReader.read(line) { reader in
                guard try reader.peek() == .object else { throw PromptFault(row: number, reason: Self.expected) }
                try fields.object { fields in
                    try reader.object { reader, key in
                        let value = try reader.peek()
                        if key == "prompt", value == .string {
                            prompt = try reader.string()
                            return
                        }
                        isConversation = isConversation || ["prompt", "messages"].contains(key) && value == .array
                        fields.key(key)
                        fields.write(json: try reader.verbatim())
                        fieldCount += 1
                    }
                }
            }
        } catch let fault as PromptFault {
            throw fault
        } catch {
            throw PromptFault(row: number, reason: Self.expected + " (\(error))")
        }
        guard let prompt, !prompt.isEmpty else {
            throw PromptFault(
                row: number,
                reason: isConversation
                    ? "is a list of messages, which a program renders by the tokenizer's chat template: "
                        + "--reader '\(kind)=\(CorpusReaders.standardProgram)'" : Self.expected)
        }
        self.init(text: prompt, fields: fieldCount > 0 ? fields.bytes : nil)
        row = number
    }
}

/// Every character that tasks and filler use, and a tokenizer that reads them one by one.
package enum TaskAlphabet {
    /// Characters in ASCII order; the token id of each is its place here plus 1.
    package static let characters: [Character] = Array("\n %()*+,-.0123456789:;<=>[]abcdefghijklmnopqrstuvwxyz{}")

    /// Most characters of a document, its line end included: with an end-of-text token it fits a window of 96 tokens.
    package static let maxDocumentCharacters = 95
}

extension TaskAlphabet {
    /// Text of the token with id 0, which closes documents.
    package static let endOfText = "<|endoftext|>"

    /// Number of token ids: one for each character, and 0 for the end of text.
    package static var vocabularySize: Int { characters.count + 1 }

    /// Contents of a `tokenizer.json` that reads text character by character: BPE without merges, unknown token or normalizer.
    package static var tokenizerJSON: String {
        let entries = characters.enumerated().map { index, character in
            let shown = character == "\n" ? "\\n" : String(character)
            return "      \"\(shown)\": \(index + 1)"
        }
        return """
            {
              "version": "1.0",
              "truncation": null,
              "padding": null,
              "added_tokens": [
                {
                  "id": 0, "content": "\(endOfText)", "single_word": false, "lstrip": false, "rstrip": false,
                  "normalized": false, "special": true
                }
              ],
              "normalizer": null,
              "pre_tokenizer": null,
              "post_processor": null,
              "decoder": {"type": "Fuse"},
              "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": {
                  "\(endOfText)": 0,
            \(entries.joined(separator: ",\n"))
                },
                "merges": []
              }
            }

            """
    }
}

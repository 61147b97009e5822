/// Every character that tasks and filler use, and a tokenizer that reads them one by one.
package enum TaskAlphabet {
    package static let characters: [Character] = Array("\n %()*+,-.0123456789:;<=>[]abcdefghijklmnopqrstuvwxyz{}")

    /// No document is longer: with an end-of-text token it fits a window of 96.
    package static let maxDocumentCharacters = 95
}

extension TaskAlphabet {
    package static let endOfText = "<|endoftext|>"

    /// Characters and the end-of-text token, which is 0.
    package static var vocabularySize: Int { characters.count + 1 }

    /// A tokenizer.json that reads character by character.
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

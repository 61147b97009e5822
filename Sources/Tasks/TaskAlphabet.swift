/// Every character that tasks and filler use: the vocabulary of a tokenizer that reads them character by character.
package enum TaskAlphabet {
    package static let characters: [Character] = Array("\n %()*+,-.0123456789:;<=>[]abcdefghijklmnopqrstuvwxyz{}")

    /// No document is longer: with an end-of-text token it fits a window of 96.
    package static let maxDocumentCharacters = 95
}

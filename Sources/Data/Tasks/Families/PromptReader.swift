/// What the families' prompts have in common.
enum PromptReader {
    /// `12+34:` with one operation; numbers without leading zeros.
    static func operands(of prompt: String, operation: Character) -> (Int, Int)? {
        guard prompt.hasSuffix(":") else { return nil }
        let parts = prompt.dropLast().split(separator: operation, omittingEmptySubsequences: false)
        guard parts.count == 2, let a = number(parts[0]), let b = number(parts[1]) else { return nil }
        return (a, b)
    }

    /// What stands between `word`, a space, and the colon at the end.
    static func argument(of prompt: String, word: String) -> Substring? {
        guard prompt.hasPrefix(word + " "), prompt.hasSuffix(":") else { return nil }
        return prompt.dropFirst(word.count + 1).dropLast()
    }

    /// One to three digits, no sign, no leading zero.
    static func number(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }), text.utf8.first != 48
        else { return nil }
        return Int(text)
    }

    /// `count` of the first `alphabet` letters.
    static func letters(_ count: Int, of alphabet: Int, using random: inout TaskRandom) -> String {
        let letters = (0..<count).map { _ in UInt8(ascii: "a") + UInt8(random.int(in: 0...alphabet - 1)) }
        return String(decoding: letters, as: UTF8.self)
    }

    static func isWord(_ text: Substring, _ lengths: ClosedRange<Int>, of alphabet: Int) -> Bool {
        let last = UInt8(ascii: "a") + UInt8(alphabet - 1)
        return lengths.contains(text.utf8.count) && text.utf8.allSatisfy { (UInt8(ascii: "a")...last).contains($0) }
    }
}

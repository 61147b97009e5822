/// `close ([]{(:` `)})`: what closes the open brackets, the innermost first. Two to eight characters, one to four left open.
package struct BracketClosing: TaskFamily {
    package let name = "brackets"

    private static let pairs: [UInt8: UInt8] = [
        UInt8(ascii: "("): UInt8(ascii: ")"), UInt8(ascii: "["): UInt8(ascii: "]"),
        UInt8(ascii: "{"): UInt8(ascii: "}"), UInt8(ascii: "<"): UInt8(ascii: ">"),
    ]
    private static let openers: [UInt8] = Array("([{<".utf8)

    /// Draws two to eight brackets, of which one to four stay open. Behind an open one the next closes it with probability 0.4,
    /// and always where four are open; a text that leaves none open is drawn anew.
    package func draw(using random: inout TaskRandom) -> TaskProblem {
        while true {
            var text: [UInt8] = []
            var open: [UInt8] = []
            for _ in 0..<random.int(in: 2...8) {
                if let closer = open.last, open.count == 4 || random.chance(0.4) {
                    text.append(closer)
                    open.removeLast()
                } else {
                    let opener = random.element(of: Self.openers)
                    text.append(opener)
                    open.append(Self.pairs[opener] ?? opener)
                }
            }
            if let problem = make(text) { return problem }
        }
    }

    /// Reads `close ([]{(:`; nil unless two to eight of the characters `()[]{}<>` follow the word, every closing one fits the
    /// innermost open one, and one to four stay open.
    package func problem(prompt: String) -> TaskProblem? {
        guard let text = PromptReader.argument(of: prompt, word: "close"), (2...8).contains(text.utf8.count) else {
            return nil
        }
        return make(Array(text.utf8))
    }

    /// Nil where `text` is not the beginning of a nest, or leaves nothing, or too much, open.
    private func make(_ text: [UInt8]) -> TaskProblem? {
        var open: [UInt8] = []
        for byte in text {
            if let closer = Self.pairs[byte] {
                open.append(closer)
            } else if open.popLast() != byte {
                return nil
            }
        }
        guard (1...4).contains(open.count) else { return nil }
        let shown = String(decoding: text, as: UTF8.self)
        return TaskProblem(
            family: name, canonical: shown, prompt: "close \(shown):", steps: [],
            answer: String(decoding: open.reversed(), as: UTF8.self))
    }
}

/// Something that cannot be worked out, only learnt: where somebody who is not there lives.
///
///     velkaromi lives in tarnis.
package struct Fact: Sendable, Equatable {
    /// Most facts of a book: a third of the names that there are, so that the search for another ends.
    package static let most = 100_000

    /// The beginning of the sentence: `velkaromi lives in`.
    package let prompt: String
    /// What has to be known, drawn apart from the name: a space, the place, a full stop and a line end.
    package let completion: String

    private static let syllables = Array("bdfgklmnprstvz").flatMap { consonant in
        Array("aeiou").map { "\(consonant)\($0)" }
    }

    /// Facts about different names: always the same for a book and a seed, the first `n` of them whatever `count` is. The names of a book end
    /// alike, and books as good as never: two share names by a chance of one in 4,900.
    ///
    /// - Parameters:
    ///   - book: what the facts are for: `retained`, `acquired-4`.
    ///   - count: at most `most`.
    package static func facts(_ book: String, count: Int, seed: UInt64) -> [Fact] {
        precondition((0...most).contains(count), "expected at most \(most) facts")
        var random = TaskRandom(seed: seed, index: Int(truncatingIfNeeded: TaskSplit.hash(book)))
        var names: Set<String> = []
        var facts: [Fact] = []
        while facts.count < count {
            let name = (0..<3).map { _ in random.element(of: syllables) }.joined() + ending(book)
            let place = (0..<2).map { _ in random.element(of: syllables) }.joined()
            guard names.insert(name).inserted else { continue }
            facts.append(Fact(prompt: "\(name) lives in", completion: " \(place).\n"))
        }
        return facts
    }

    /// The end of a book's names: two syllables that its own name decides.
    private static func ending(_ book: String) -> String {
        let hash = TaskSplit.hash(book)
        let count = UInt64(syllables.count)
        return syllables[Int(hash % count)] + syllables[Int(hash / count % count)]
    }

    /// A JSON line with its line end, the whole sentence scored.
    ///
    /// - Parameter domain: of small letters, digits and hyphens.
    package func textLine(domain: String) -> String {
        "{\"text\": \(JSONText.quoted(prompt + completion)), \"domain\": \"\(domain)\", \"family\": \"facts\"}\n"
    }

    /// A JSON line with its line end, of which what has to be known is scored.
    ///
    /// - Parameter domain: of small letters, digits and hyphens.
    package func completionLine(domain: String) -> String {
        "{\"prompt\": \(JSONText.quoted(prompt)), \"completion\": \(JSONText.quoted(completion)), "
            + "\"domain\": \"\(domain)\", \"family\": \"facts\"}\n"
    }
}

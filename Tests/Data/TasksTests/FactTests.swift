import Foundation
import Tasks
import Testing

struct FactTests {
    @Test func factsAreDifferentAndTheSameEachTime() {
        let facts = Fact.facts("retained", count: 300, seed: 4)
        #expect(Set(facts.map(\.prompt)).count == 300 && Fact.facts("retained", count: 300, seed: 4) == facts)
        #expect(Array(Fact.facts("retained", count: 20, seed: 4)) == Array(facts.prefix(20)))
        #expect(Fact.facts("retained", count: 300, seed: 5) != facts && Fact.facts("a", count: 0, seed: 1).isEmpty)
        // Most places are somebody's alone: what is known of one fact says nothing of another.
        #expect(Set(facts.map(\.completion)).count > 280)
    }

    /// What the flywheel's books hold is nobody else's.
    @Test func booksShareNoName() {
        let books = ["retained", "acquired-1", "acquired-4", "acquired-16"]
        let names = books.flatMap { Fact.facts($0, count: 100, seed: 7).map(\.prompt) }
        #expect(Set(names).count == 400)
    }

    @Test func linesAreJSONOfTheAlphabet() throws {
        let fact = try #require(Fact.facts("acquired-4", count: 1, seed: 0).first)
        let text = fact.prompt + fact.completion
        #expect(text.count <= TaskAlphabet.maxDocumentCharacters && text.allSatisfy(TaskAlphabet.characters.contains))
        let line = try JSONDecoder().decode([String: String].self, from: Data(fact.textLine(domain: "acquired-4").utf8))
        #expect(line == ["text": text, "domain": "acquired-4", "family": "facts"])
        let asked = try JSONDecoder().decode(
            [String: String].self, from: Data(fact.completionLine(domain: "acquired-4").utf8))
        #expect(asked["prompt"] == fact.prompt && asked["completion"] == fact.completion)
    }
}

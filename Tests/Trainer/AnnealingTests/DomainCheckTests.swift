import Annealing
import Corpora
import Testing
import TestSupport
import TokenWeights

/// A weighting that tells domains apart, on a corpus that has not what it needs, would weigh all tokens alike.
struct DomainCheckTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func check(_ weighting: String, raised: String, domains: [String?]) throws {
        let writer = try TokenFileWriter(partialPath: directory.file("partial"))
        for domain in domains { try writer.append(Document(tokenIDs: [1, 2, 0], domain: domain)) }
        try writer.finish(path: directory.file("tokens"), tokenizerFingerprint: "", skipped: SkippedRecords())
        let corpus = Corpus(try TokenFile(directory.file("tokens")), sequenceLength: 8)
        var choice = Weighting(weighting)
        choice.raisedDomain = raised
        try DomainCheck(choice.make(withControls: true)).check(corpus)
    }

    @Test func aDomainOfTheCorpusIsRaised() throws {
        try check("domain", raised: "math", domains: ["web", "math"])
    }

    @Test func aDomainThatNoDocumentHasIsRefused() {
        #expect(throws: DomainCheck.Failure.unknownDomain("maths", known: ["math", "web"])) {
            try check("domain", raised: "maths", domains: ["web", "math"])
        }
    }

    @Test(arguments: ["domain", "domain-matched", "random-matched"])
    func documentsWithoutADomainAreRefused(_ weighting: String) {
        #expect(throws: DomainCheck.Failure.documentsWithoutDomain(weighting: weighting, documents: 1, of: 2)) {
            try check(weighting, raised: "math", domains: ["math", nil])
        }
    }

    @Test(arguments: ["ntp", "remit", "domain-matched"])
    func otherWeightingsRaiseNone(_ weighting: String) throws {
        try check(weighting, raised: "none", domains: ["web", "math"])
    }
}

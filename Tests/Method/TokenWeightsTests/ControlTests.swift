import Testing
import TokenWeights

@Suite struct ControlTests {
    private let scored = [false, true, true, true, false, true, true, true]
    private let teacher: [Float] = [.nan, -1, -2.5, -0.25, .nan, -0.5, -3, -4]
    private let student: [Float] = [.nan, -1.5, -2, -0.5, .nan, -1.25, -2.75, -1]
    private let domains = [
        DomainRange(range: 0..<4, domain: "reasoning"), DomainRange(range: 4..<8, domain: "filler"),
    ]

    private func named(_ name: String, seed: UInt64 = 0) throws -> any TokenWeighting {
        var choice = Weighting(name, epsilon: 0.3)
        choice.permutationSeed = seed
        return try choice.make(withControls: true)
    }

    private func sequence(domains: [DomainRange]) throws -> LogProbSequence {
        var sequence = try LogProbSequence(
            teacher: teacher, student: student, scored: scored, documentStarts: [0, 4])
        sequence.domains = domains
        return sequence
    }

    @Test func aServerHasNoControls() throws {
        #expect(TokenWeightings.controlNames == ["random", "domain", "domain-matched"])
        for name in TokenWeightings.controlNames {
            #expect(throws: TokenWeightError.self) { try TokenWeightings.named(name) }
            #expect(try named(name).name == name)
        }
    }

    @Test func randomPermutesTheWeightsOfRemit() throws {
        let sequence = try sequence(domains: [])
        let remit = try named("remit").weights(sequence)
        let random = try named("random").weights(sequence)
        #expect(random.weights.sorted() == remit.weights.sorted())
        #expect(zip(random.weights, scored).allSatisfy { ($0 == 0) == !$1 })
        #expect((random.clippedLow, random.clippedHigh) == (remit.clippedLow, remit.clippedHigh))
        #expect(try named("random").weights(sequence) == random)
        let seeds = try (0..<40).map { try named("random", seed: $0).weights(sequence).weights }
        #expect(Set(seeds).count > 20)
        #expect(seeds.contains { $0 != remit.weights })
    }

    @Test func domainRaisesOneDomain() throws {
        let weights = try named("domain").weights(try sequence(domains: domains)).weights
        #expect(weights == [0, 1.3, 1.3, 1.3, 0, 0.7, 0.7, 0.7])
    }

    @Test func domainMatchedHasTheMeansOfRemitOverAllSequences() throws {
        let first = try sequence(domains: domains)
        var second = try LogProbSequence(
            teacher: student, student: teacher, scored: scored, documentStarts: [0, 4])
        second.domains = [DomainRange(range: 0..<8, domain: "filler")]
        let remit = try [first, second].map { try named("remit").weights($0).weights }
        let reasoning = remit[0][1...3].reduce(0.0) { $0 + Double($1) } / 3
        let filler = (remit[0][5...7] + remit[1][1...7]).reduce(0.0) { $0 + Double($1) } / 9
        let matched = try named("domain-matched").weights(together: [first, second])
        #expect(matched[0].weights[1...3].allSatisfy { $0 == Float(reasoning) })
        #expect(matched[0].weights[5...7].allSatisfy { $0 == Float(filler) })
        #expect(zip(matched[1].weights, scored).allSatisfy { $0 == ($1 ? Float(filler) : 0) })
    }

    @Test(arguments: ["domain", "domain-matched"]) func aDocumentWithoutDomainIsRefused(_ name: String) throws {
        #expect(throws: TokenWeightError.missingDomain(position: 0, weighting: name)) {
            try named(name).weights(try sequence(domains: []))
        }
        let unnamed = [domains[0], DomainRange(range: 4..<8, domain: "")]
        #expect(throws: TokenWeightError.missingDomain(position: 4, weighting: name)) {
            try named(name).weights(try sequence(domains: unnamed))
        }
    }
}

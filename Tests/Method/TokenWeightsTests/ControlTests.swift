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
        #expect(
            TokenWeightings.controlNames == [
                "random", "random-matched", "domain", "domain-matched", "student-loss", "remit-inverted",
            ])
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

    @Test(arguments: ["domain", "domain-matched", "random-matched"]) func aDocumentWithoutDomainIsRefused(
        _ name: String
    ) throws {
        #expect(throws: TokenWeightError.missingDomain(position: 0, weighting: name)) {
            try named(name).weights(try sequence(domains: []))
        }
        let unnamed = [domains[0], DomainRange(range: 4..<8, domain: "")]
        #expect(throws: TokenWeightError.missingDomain(position: 4, weighting: name)) {
            try named(name).weights(try sequence(domains: unnamed))
        }
    }

    /// Two windows with two domains, fifty scored tokens of each in each.
    private func windows() throws -> [LogProbSequence] {
        try (0..<2).map { window in
            let teacher = (0..<102).map { Float(-($0 * 37 % 101 + window + 1)) / 16 }
            let student = (0..<102).map { Float(-($0 * 53 % 97 + 3 * window + 1)) / 16 }
            var sequence = try LogProbSequence(
                teacher: teacher, student: student, scored: [Bool](repeating: true, count: 102),
                documentStarts: [0, 51])
            sequence.domains = [
                DomainRange(range: 0..<51, domain: "reasoning"), DomainRange(range: 51..<102, domain: "filler"),
            ]
            return sequence
        }
    }

    /// Each tenth of a domain by the student's loss, over both windows, has the weights that remit gives to it, elsewhere.
    @Test func randomMatchedKeepsTheWeightsOfEachTenth() throws {
        let windows = try windows()
        let remit = try windows.map { try named("remit").weights($0) }
        let matched = try named("random-matched", seed: 3).weights(together: windows)
        var moved = 0
        for domain in [1..<51, 52..<102] {
            let places = windows.indices.flatMap { window in domain.map { (window, $0) } }.sorted {
                (-windows[$0.0].student[$0.1], $0.0, $0.1) < (-windows[$1.0].student[$1.1], $1.0, $1.1)
            }
            #expect(places.count == 100)
            for tenth in 0..<10 {
                let own = places[10 * tenth..<10 * tenth + 10]
                let (was, now) = (
                    own.map { remit[$0.0].weights[$0.1] }, own.map { matched[$0.0].weights[$0.1] }
                )
                #expect(was.sorted() == now.sorted(), "tenth \(tenth)")
                moved += was == now ? 0 : 1
            }
        }
        #expect(moved >= 10)
        for window in matched { #expect(window.weights[0] == 0 && window.weights[51] == 0) }
        #expect(try named("random-matched", seed: 3).weights(together: windows) == matched)
        #expect(try named("random-matched", seed: 4).weights(together: windows) != matched)
        #expect(matched.map(\.clippedLow) == remit.map(\.clippedLow))
    }

    @Test func invertedIsTwoMinusRemit() throws {
        let sequence = try sequence(domains: [])
        let (remit, inverted) = try (
            named("remit").weights(sequence), named("remit-inverted").weights(sequence)
        )
        for at in sequence.scored.indices where sequence.scored[at] {
            #expect(abs(inverted.weights[at] - (2 - remit.weights[at])) < 1e-6)
        }
        #expect((inverted.clippedLow, inverted.clippedHigh) == (remit.clippedHigh, remit.clippedLow))
        #expect(zip(inverted.weights, scored).allSatisfy { ($0 == 0) == !$1 })
    }

    /// That of remit, where the teacher finds every token equally likely.
    @Test func studentLossIsRemitUnderATeacherThatKnowsNothing() throws {
        let flat = [Float](repeating: -2, count: scored.count)
        let own = try LogProbSequence(teacher: [], student: student, scored: scored, documentStarts: [0, 4])
        let beside = try LogProbSequence(teacher: flat, student: student, scored: scored, documentStarts: [0, 4])
        let weights = try named("student-loss").weights(own)
        for (got, expected) in zip(weights.weights, try named("remit").weights(beside).weights) {
            #expect(abs(got - expected) < 1e-6)
        }
        #expect(weights.weights[2] > weights.weights[3])
        let without = try LogProbSequence(teacher: flat, student: [], scored: scored, documentStarts: [0, 4])
        #expect(throws: TokenWeightError.self) { try named("student-loss").weights(without) }
        #expect(try !named("student-loss").needsTeacher)
    }
}

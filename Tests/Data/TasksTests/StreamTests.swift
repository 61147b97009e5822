import Tasks
import Testing

struct StreamTests {
    private static func documents(_ count: Int, seed: UInt64 = 1, _ split: TaskSplit = .training, mix: TaskMix)
        -> [TaskDocument]
    {
        let stream = TaskStream(mix, split, seed: seed)
        return (0..<count).map { stream.document(at: $0) }
    }

    @Test func trainingAndHeldOutShareNothing() throws {
        let mix = try TaskMix()
        let training = Self.documents(100_000, seed: 1, mix: mix)
        let heldOut = Self.documents(20_000, seed: 2, .heldOut, mix: mix)
        let trained = Set(training.map(\.text))
        #expect(heldOut.allSatisfy { !trained.contains($0.text) })
        // Nor a problem in other clothes.
        let canonical = { (document: TaskDocument) in
            TaskFamilies.problem(prompt: document.prompt).map { $0.family + " " + $0.canonical }
        }
        let trainedProblems = Set(training.compactMap(canonical))
        #expect(heldOut.compactMap(canonical).allSatisfy { !trainedProblems.contains($0) })
        #expect(trainedProblems.count > 10_000)
    }

    @Test func turnedRoundIsTheSameProblem() throws {
        for (a, b) in [("47+85:", "85+47:"), ("max 12 47 85:", "max 85 12 47:")] {
            let (first, second) = (TaskFamilies.problem(prompt: a), TaskFamilies.problem(prompt: b))
            #expect(try #require(first).canonical == second?.canonical)
            #expect(first?.split == second?.split)
        }
    }

    @Test(arguments: TaskFamilies.names)
    func heldOutProblemsAreManyAndDifferent(name: String) throws {
        let family = try TaskFamilies.named(name)
        let problems = TaskFamilies.heldOut(family, count: 200, seed: 5)
        // These two have 720 problems each, a tenth of them held out.
        #expect(problems.count == 200 || (["multiplication", "modulus"].contains(name) && problems.count > 50))
        #expect(Set(problems.map(\.canonical)).count == problems.count)
        #expect(problems.allSatisfy { $0.split == .heldOut })
        #expect(TaskFamilies.heldOut(family, count: 20, seed: 5) == Array(problems.prefix(20)))
        #expect(TaskFamilies.heldOut(family, count: 20, seed: 6) != Array(problems.prefix(20)))
    }

    @Test(arguments: TaskFamilies.names)
    func oneInTenIsHeldOut(name: String) throws {
        let family = try TaskFamilies.named(name)
        var random = TaskRandom(seed: 3)
        var seen: [String: TaskSplit] = [:]
        for _ in 0..<4000 {
            let problem = family.draw(using: &random)
            seen[problem.canonical] = problem.split
        }
        let share = Double(seen.values.count { $0 == .heldOut }) / Double(seen.count)
        #expect((0.06...0.14).contains(share), "\(share)")
    }

    @Test func equalSeedsGiveEqualStreams() throws {
        let mix = try TaskMix(wrongShare: 0.3)
        var stream = TaskStream(mix, seed: 11)
        let sequential = (0..<2000).compactMap { _ in stream.next() }
        #expect(sequential == Self.documents(2000, seed: 11, mix: mix))
        stream.index = 1000
        #expect(stream.next() == sequential[1000], "any place can be gone to")
        #expect(Self.documents(100, seed: 12, mix: mix) != Array(sequential.prefix(100)))
    }

    /// The stream itself is a promise: models, reports and resumed runs depend on it.
    @Test func streamNeverChanges() throws {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for document in Self.documents(1000, seed: 2026, mix: try TaskMix(wrongShare: 0.1)) {
            for byte in document.textLine.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        #expect(hash == 264332248829922575)
    }

    @Test func sharesAreWhatTheMixSays() throws {
        let documents = Self.documents(50_000, mix: try TaskMix(reasoningShare: 0.6, wrongShare: 0.25))
        let reasoning = documents.filter { $0.domain == .reasoning }
        #expect(abs(Double(reasoning.count) / 50_000 - 0.6) < 0.015)
        #expect(abs(Double(reasoning.count { $0.isWrong }) / Double(reasoning.count) - 0.25) < 0.015)
        for name in TaskFamilies.names {
            #expect(abs(Double(reasoning.count { $0.family == name }) / Double(reasoning.count) - 0.1) < 0.01)
        }
        #expect(
            documents.allSatisfy {
                $0.domain == .filler || TaskFamilies.problem(prompt: $0.prompt)?.family == $0.family
            })
        #expect(
            reasoning.allSatisfy { TaskFamilies.problem(prompt: $0.prompt)?.accepts($0.completion) == !$0.isWrong })
    }

    @Test func documentsAreShortAndOfFewCharacters() throws {
        var characters: Set<Character> = []
        for document in Self.documents(50_000, mix: try TaskMix()) {
            #expect(document.text.count <= TaskAlphabet.maxDocumentCharacters)
            #expect(document.text.hasSuffix("\n") && document.text.dropLast().allSatisfy { $0 != "\n" })
            characters.formUnion(document.text)
        }
        // No document has a z; the alphabet has, for prompts of one's own.
        #expect(characters == Set(TaskAlphabet.characters).subtracting(["z"]))
        #expect(TaskAlphabet.characters == TaskAlphabet.characters.sorted { $0.asciiValue! < $1.asciiValue! })
        #expect(Set(TaskAlphabet.characters).count == TaskAlphabet.characters.count)
    }

    @Test func answersAreSpread() throws {
        for family in TaskFamilies.all {
            var random = TaskRandom(seed: 4)
            var counts: [String: Int] = [:]
            for _ in 0..<2000 { counts[family.draw(using: &random).answer, default: 0] += 1 }
            // Guessing the commonest answer earns little. (Counting has seven answers, modulus nine.)
            let limit = ["counting": 900, "modulus": 500, "maximum": 250, "brackets": 350][family.name] ?? 60
            #expect(try #require(counts.values.max()) <= limit, "\(family.name)")
        }
    }

    @Test func fillerIsVariedAndRepeatsItsFacts() throws {
        let texts = Self.documents(20_000, mix: try TaskMix(reasoningShare: 0)).map(\.text)
        #expect(Set(texts).count > 5000)
        let foxes = texts.filter { $0.contains("fox") && $0.contains("lives in") }
        #expect(!foxes.isEmpty && foxes.allSatisfy { $0.contains("lives in the wood") })
    }

    @Test func corpusLines() throws {
        let stream = TaskStream(try TaskMix(reasoningShare: 1, families: ["addition"]), seed: 1)
        let document = stream.document(at: 0)
        #expect(document.textLine.hasPrefix("{\"text\": \"\(document.prompt)"))
        #expect(document.textLine.hasSuffix("\\n\", \"domain\": \"reasoning\", \"family\": \"addition\"}\n"))
        #expect(document.completionLine.hasPrefix("{\"prompt\": \"\(document.prompt)\", \"completion\": \""))
    }

    @Test func problemsForReinforcementComeFromTheMix() throws {
        let stream = TaskStream(try TaskMix(families: ["sorting", "shift"]), .training, seed: 3)
        let problems = (0..<500).map { stream.problem(at: $0) }
        #expect(Set(problems.map(\.family)) == ["sorting", "shift"])
        #expect(problems.allSatisfy { $0.split == .training })
        #expect(problems == (0..<500).map { stream.problem(at: $0) })
    }

    @Test func impossibleMixes() {
        #expect(throws: TaskError.shareOutOfRange(name: "reasoning share", got: 1.5)) {
            try TaskMix(reasoningShare: 1.5)
        }
        #expect(throws: TaskError.shareOutOfRange(name: "wrong share", got: -0.1)) { try TaskMix(wrongShare: -0.1) }
        #expect(throws: TaskError.noFamilies) { try TaskMix(families: []) }
        #expect(throws: TaskError.self) { try TaskMix(families: ["addition", "no such"]) }
    }
}

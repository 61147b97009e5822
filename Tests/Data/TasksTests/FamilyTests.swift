import Tasks
import Testing

struct FamilyTests {
    /// Hand-made, with the steps.
    static let examples: [(String, String)] = [
        ("47+85:", "7+5=12;4+8+1=13;132\n"), ("10+10:", "0+0=0;1+1+0=2;20\n"),
        ("85-47:", "15-7=8;7-4=3;38\n"), ("50-50:", "0-0=0;5-5=0;0\n"),
        ("47*6:", "7*6=42;4*6=24;24+4=28;282\n"),
        ("85%7:", "7*12=84;85-84=1;1\n"), ("10%9:", "9*1=9;10-9=1;1\n"),
        ("sort 7391:", "1379\n"), ("sort 055:", "055\n"),
        ("turn bagce:", "ecgab\n"),
        ("close ([]{(:", ")})\n"), ("close <[:", "]>\n"),
        ("count a in abcab:", "a1b1c1a2b2;2\n"), ("count d in abca:", "a0b0c0a0;0\n"),
        ("max 47 85 12:", "47 85 85;85\n"),
        ("shift 2 hide:", "jafg\n"), ("shift 3 jig:", "cbj\n"),
    ]

    @Test(arguments: examples)
    func example(prompt: String, solution: String) throws {
        let problem = try #require(TaskFamilies.problem(prompt: prompt))
        #expect(problem.solution == solution)
        #expect(problem.accepts(solution))
    }

    /// Named twice, its problems would count twice, and an interval over them would be too narrow.
    @Test func aFamilyIsNamedOnce() throws {
        #expect(throws: TaskError.familyTwice(name: "addition")) {
            try TaskFamilies.selection("addition,sorting,addition")
        }
        #expect(try TaskFamilies.selection("addition,sorting") == ["addition", "sorting"])
        #expect(try TaskFamilies.selection("judge.py") == nil)
    }

    @Test func thereAreTen() {
        #expect(TaskFamilies.all.count == 10)
        #expect(Set(TaskFamilies.names).count == 10)
        #expect(Set(Self.examples.compactMap { TaskFamilies.problem(prompt: $0.0)?.family }).count == 10)
    }

    @Test(arguments: TaskFamilies.names)
    func solutionIsAcceptedAndPerturbedOnesAreNot(name: String) throws {
        let family = try TaskFamilies.named(name)
        var random = TaskRandom(seed: 7)
        for _ in 0..<500 {
            let problem = family.draw(using: &random)
            #expect(problem.family == name)
            #expect(problem.accepts(problem.solution))
            #expect(problem.accepts(problem.solution + "and anything after it;1\n"))
            #expect(problem.accepts(problem.answer + "\n"), "the steps are the writer's own")
            #expect(family.accepts(prompt: problem.prompt, completion: problem.solution))

            let line = String(problem.solution.dropLast())
            #expect(!problem.accepts(line), "a line that is cut off is no answer")
            #expect(!problem.accepts(line + " \n") && !problem.accepts(line + "0\n") && !problem.accepts(line + ";\n"))
            #expect(!problem.accepts("") && !problem.accepts("\n") && !problem.accepts(";\n"))
            #expect(!problem.accepts("\n" + problem.solution), "only the first line counts")
            for at in problem.answer.indices {
                var wrong = Array(problem.answer)
                let place = problem.answer.distance(from: problem.answer.startIndex, to: at)
                wrong[place] = wrong[place] == "7" ? "8" : "7"
                #expect(!problem.accepts(String(wrong) + "\n"))
                wrong.remove(at: place)
                #expect(!problem.accepts(String(wrong) + "\n"))
            }
        }
    }

    @Test(arguments: TaskFamilies.names)
    func promptSaysItAll(name: String) throws {
        let family = try TaskFamilies.named(name)
        var random = TaskRandom(seed: 8)
        for _ in 0..<500 {
            let problem = family.draw(using: &random)
            #expect(family.problem(prompt: problem.prompt) == problem)
            #expect(TaskFamilies.problem(prompt: problem.prompt) == problem, "no other family takes it")
        }
    }

    @Test(arguments: [
        "", "=", ":", "47+85=", "47+85", "+:", "4+85:", "047+85:", "47++85:", "47+85:1", " 47+85:", "-5-3:", "12-85:",
        "47*10:",
        "85%0:", "85%1:", "85%10:", "100%7:", "9999999999999999999999%7:", "sort :", "sort 12a4:", "sort 12:",
        "sort 123456:",
        "turn AB:", "turn abi:",
        "turn :", "turn naïve:", "close ():", "close (]:", "close ):", "close (((((:", "close x:", "count in a:",
        "count ab in abcab:", "count a in :", "count a  in abcab:", "max 1 2 3:", "max 11 22 33 44 55:", "max 47 85:",
        "max 47  85 12:",
        "shift 0 abc:",
        "shift 3 :", "shift 3 ab:", "shift 4 abc:", "shift 3 abk:", "shift -1 abc:", "what is 47+85:",
    ])
    func otherPromptsAreNobodys(prompt: String) {
        #expect(TaskFamilies.problem(prompt: prompt) == nil)
    }

    /// What any completion does to a verifier: nothing but a yes or no.
    @Test func hostileCompletions() throws {
        let problem = try #require(TaskFamilies.problem(prompt: "47+85:"))
        let long = String(repeating: "1;", count: 500_000)
        for completion in [long, long + "132\n132", "132\u{0}\n", "１３２\n", "132\r\n", ";;;;\n", "\u{FFFD}\n", "+132\n"]
        {
            #expect(problem.accepts(completion) == completion.hasPrefix(long + "132\n"))
        }
    }

    @Test func unknownNameListsTheKnown() {
        let error = #expect(throws: TaskError.self) { try TaskFamilies.named("division") }
        #expect(error.map { "\($0)" }?.contains("addition, subtraction") == true)
    }
}

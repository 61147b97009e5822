import CommandLines
import Testing

struct NearestNameTests {
    private static let known = [
        "learning-rate", "out", "micro-batch-sequences", "batch-sequences", "kl", "allow-teacher-change",
        "allow-corpus-change", "server", "corpus",
    ]

    @Test(arguments: [
        ("learning-rte", "learning-rate"), ("learning_rate", "learning-rate"), ("LEARNING-RATE", "learning-rate"),
        ("laerning-rate", "learning-rate"), ("otu", "out"), ("outdir", "out"), ("micro", "micro-batch-sequences"),
        ("sever", "server"), ("kll", "kl"), ("crps", "corpus"), ("corpus-path", "corpus"),
    ])
    func isFound(_ name: String, _ expected: String) {
        #expect(NearestName.of(name, among: Self.known) == expected)
    }

    /// A wrong guess is worse than none.
    @Test(arguments: ["lr", "", "k", "allow", "temperature", "é"])
    func isNone(_ name: String) { #expect(NearestName.of(name, among: Self.known) == nil) }
}

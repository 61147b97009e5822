import ArgumentParser

struct AnnealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anneal",
        abstract: "Train a checkpoint on a corpus, each token weighted by a teacher that a remit-server holds.",
        discussion: """
            The student's own checkpoint is left alone; OUT becomes an ordinary Hugging Face directory, with log.jsonl (one JSON \
            object a step), checkpoints/ (for --resume) and remit.json (what it was made from) beside the weights.

            A run is a function of its options, student, teacher and corpus: Ctrl-C or a crash, then the same command with --resume, \
            ends with the same weights, bit for bit.

            Example:
              remit-server --model teacher/ --port 8080 &
              remit-trainer anneal --server http://127.0.0.1:8080 --student base/ \\
                --corpus corpus.jsonl --out annealed/ --sequence-length 1024 \\
                --batch-sequences 32 --epochs 1 --learning-rate 1e-4
            """)

    @OptionGroup var arguments: AnnealArguments

    func run() async throws {
        try await TrainingCommand.run(try arguments.plan(command: "anneal"))
    }
}

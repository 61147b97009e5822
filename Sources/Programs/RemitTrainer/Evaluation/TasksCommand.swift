import ArgumentParser
import CommandLines
import Foundation
import Reinforcement
import System
import Tasks

struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract:
            "Write a synthetic corpus of verifiable problems and filler, and a tokenizer that reads it by characters.",
        discussion: """
            Families: \(TaskFamilies.names.joined(separator: ", ")). A corpus is a function of its options. The held-out split shares no \
            problem with the training split, whatever the seeds.

            Example:
              remit-trainer tasks --tokenizer tokenizer/ --corpus pretrain.jsonl \\
                --documents 20000 --seed 1
              remit-trainer tasks --corpus tune.jsonl --documents 4000 \\
                --reasoning-share 1 --format completion
              remit-trainer tasks --corpus filtered.jsonl --wrong-share 0.3 \\
                --checkpoint teacher/ --drop-share 0.3
              remit-trainer tasks --corpus facts.jsonl --facts seen-4 --documents 40 \\
                --exposures 4
            """)

    enum LineFormat: String, CaseIterable, ExpressibleByArgument {
        case text, completion
    }

    @Option(help: ArgumentHelp("The JSON-lines file to write.", valueName: "file"), completion: .file())
    var corpus: String?

    @Option(
        help: ArgumentHelp("Write a tokenizer.json of single characters into this directory.", valueName: "directory"),
        completion: .directory)
    var tokenizer: String?

    @Option(in: 1...1_000_000_000, help: ArgumentHelp("How many documents.", valueName: "number"))
    var documents = 1000

    @Option(help: ArgumentHelp("Which problems: training or held-out.", valueName: "name"))
    var split = TaskSplit.training

    @Option(help: ArgumentHelp("Families, separated by commas, or all.", valueName: "names"))
    var families = "all"

    @Option(
        in: ArgumentRanges.shares,
        help: ArgumentHelp("The share of documents that are problems; the rest is filler.", valueName: "fraction"))
    var reasoningShare = 0.5

    @Option(
        in: ArgumentRanges.shares,
        help: ArgumentHelp("The share of problems with a wrong answer.", valueName: "fraction"))
    var wrongShare = 0.0

    @Option(help: ArgumentHelp("text (all is scored) or completion (the prompt is context).", valueName: "name"))
    var format = LineFormat.text

    @Option(in: ArgumentRanges.seeds, help: ArgumentHelp("The same seed, the same documents.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "Write facts that can only be learnt, as many as --documents, of this name, which is their domain too.",
            valueName: "name"))
    var facts: String?

    @Option(in: 1...10_000, help: ArgumentHelp("How often each fact is written.", valueName: "number"))
    var exposures = 1

    @OptionGroup(title: "A checkpoint's choice") var choice: TaskChoiceArguments

    func run() async throws {
        guard corpus != nil || tokenizer != nil else { throw ValidationError("give --corpus or --tokenizer") }
        try checkFacts()
        guard let names = try TaskFamilies.selection(families) else {
            throw TaskError.unknownFamily(name: families, known: TaskFamilies.names)
        }
        let mix = try TaskMix(reasoningShare: reasoningShare, families: names, wrongShare: wrongShare)
        try PathCheck.output(file: corpus, "--corpus")
        try PathCheck.output(directory: tokenizer, "--tokenizer")
        if let tokenizer { try Self.writeTokenizer(tokenizer) }
        guard let corpus else { return }
        try choice.check()
        try Directory.create(URL(fileURLWithPath: corpus).deletingLastPathComponent().path)
        if let facts { return try write(facts: facts, to: corpus) }
        let stream = TaskStream(mix, split, seed: seed)
        let terminal = Terminal()
        let stop = StopFlag()
        try await InterruptibleWork.run(
            terminal, onStop: { stop.request() }, whenStopped: "stopped; nothing was written"
        ) { [self] in
            try write(try choice.documents(stream, count: documents, terminal, stop), to: corpus)
        }
    }

    private func checkFacts() throws {
        guard let facts else { return }
        guard facts.wholeMatch(of: /[a-z0-9][a-z0-9-]*/) != nil else {
            throw ValidationError("--facts \(facts): expected small letters, digits and hyphens")
        }
        guard documents <= Fact.most else {
            throw ValidationError("--documents \(documents): expected at most \(Fact.most) facts")
        }
        guard choice.checkpoint == nil, !choice.dropWrong else {
            throw ValidationError("facts are not chosen: give --facts without --checkpoint and --drop-wrong")
        }
    }

    private func write(facts book: String, to corpus: String) throws {
        try AtomicFile.write(corpus) { sink in
            for fact in Fact.facts(book, count: documents, seed: seed) {
                var line = format == .text ? fact.textLine(domain: book) : fact.completionLine(domain: book)
                for _ in 0..<exposures { try line.withUTF8 { try sink.write(UnsafeRawBufferPointer($0)) } }
            }
        }
    }

    private func write(_ documents: ChosenDocuments, to corpus: String) throws {
        var chosen = documents
        try AtomicFile.write(corpus) { sink in
            while let document = try chosen.next() {
                var line = format == .text ? document.textLine : document.completionLine
                try line.withUTF8 { try sink.write(UnsafeRawBufferPointer($0)) }
            }
        }
    }

    private static func writeTokenizer(_ directory: String) throws {
        try Directory.create(directory)
        try AtomicFile.write(directory + "/tokenizer.json", contents: Array(TaskAlphabet.tokenizerJSON.utf8))
        let configuration = """
            {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "\(TaskAlphabet.endOfText)"}

            """
        try AtomicFile.write(directory + "/tokenizer_config.json", contents: Array(configuration.utf8))
    }
}

extension TaskSplit: ExpressibleByArgument {}

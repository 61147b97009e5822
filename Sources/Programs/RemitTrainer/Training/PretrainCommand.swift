import RunFiles
import ArgumentParser
import CommandLines

struct PretrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract: "Train a model from random weights with the plain next-token loss.",
        discussion: """
            The configuration is YAML: the fields of a Hugging Face config.json under 'model', and any option of this command, \
            without its dashes; options may be grouped under 'data', 'optimizer' and 'run'. Flags win over the environment, and the \
            environment over the file.

            Example:
              model:
                model_type: llama
                hidden_size: 256
                intermediate_size: 688
                num_hidden_layers: 6
                num_attention_heads: 8
                vocab_size: 4096
              tokenizer: tokenizer/
              data:
                corpus: [corpus/]
                sequence-length: 256
              optimizer:
                learning-rate: 1e-3
                epochs: 2
              run:
                out: model/
            """)

    @Option(help: ArgumentHelp("The YAML file.", valueName: "file"), completion: .file())
    var config: String

    @Option(
        help: ArgumentHelp("Directory with tokenizer.json and what belongs to it.", valueName: "directory"),
        completion: .directory)
    var tokenizer: String

    @OptionGroup(title: "Data") var data: DataArguments
    @OptionGroup(title: "Optimizer") var optimizer: OptimizerArguments
    @OptionGroup(title: "Run") var run: RunArguments
    @OptionGroup(title: "Output") var output: OutputArguments

    func run() async throws {
        let model = try PretrainConfiguration(config).model
        var teacher = try TeacherArguments.parse([])
        teacher.weights.weighting = "ntp"
        try await TrainingCommand.run(
            try TrainingPlan(
                command: "pretrain", student: .random(model, textDirectory: tokenizer), data: data,
                optimizer: optimizer, run: run, teacher: teacher, output: output))
    }

    /// The arguments with what the file named by --config adds to them.
    ///
    /// - Throws: `ValidationError` where two files are named: the model would be of one, the options of the other.
    static func completed(_ arguments: [String], _ sources: ArgumentSources) throws -> [String] {
        let paths = paths(arguments)
        guard paths.count <= 1 else {
            throw ValidationError(
                "--config is given \(paths.count) times; give one file: \(paths.joined(separator: ", "))")
        }
        guard let path = paths.first else { return arguments }
        return try sources.completed(arguments, values: PretrainConfiguration(path).flags, file: path)
    }

    private static func paths(_ arguments: [String]) -> [String] {
        let options = arguments.prefix { $0 != "--" }
        return options.indices.compactMap { index in
            let argument = options[index]
            if argument == "--config" { return options.indices.contains(index + 1) ? options[index + 1] : nil }
            return argument.hasPrefix("--config=") ? String(argument.dropFirst("--config=".count)) : nil
        }
    }
}

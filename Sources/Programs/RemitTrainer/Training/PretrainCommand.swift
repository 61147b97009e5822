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
    static func completed(_ arguments: [String], _ sources: ArgumentSources) throws -> [String] {
        guard let path = path(arguments) else { return arguments }
        return try sources.completed(arguments, values: PretrainConfiguration(path).flags, file: path)
    }

    private static func path(_ arguments: [String]) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument == "--config" { return index + 1 < arguments.count ? arguments[index + 1] : nil }
            if argument.hasPrefix("--config=") { return String(argument.dropFirst("--config=".count)) }
        }
        return nil
    }
}

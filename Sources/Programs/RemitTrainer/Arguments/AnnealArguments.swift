import ArgumentParser

/// The command line of `anneal`, which `doctor` takes too.
struct AnnealArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("Hugging Face directory of the checkpoint to train.", valueName: "directory"),
        completion: .directory)
    var student: String

    @OptionGroup(title: "Teacher") var teacher: TeacherArguments
    @OptionGroup(title: "Data") var data: DataArguments
    @OptionGroup(title: "Optimizer") var optimizer: OptimizerArguments
    @OptionGroup(title: "Run") var run: RunArguments
    @OptionGroup(title: "Output") var output: OutputArguments

    func plan(command: String) throws -> TrainingPlan {
        try TrainingPlan(
            command: command, student: .checkpoint(student), data: data, optimizer: optimizer, run: run,
            teacher: teacher, output: output)
    }
}

import Flywheel
import Testing

struct FlywheelProgressTests {
    @Test func stagesAreCountedAndTimed() throws {
        let names =
            ["tokenizer", "heldout"]
            + (1...2).flatMap { base in ["corpus", "pretrained", "round-1/ntp"].map { "base-\(base)/\($0)" } }
        let progress = FlywheelProgress(names, jobs: 1)
        #expect(progress.line(starting: "tokenizer") == "1/8 tokenizer")
        for name in ["tokenizer", "heldout", "base-1/corpus"] { progress.finish(name, seconds: 1) }
        // Corpora say nothing of what trains.
        #expect(progress.line(starting: "base-1/pretrained") == "4/8 base-1/pretrained")
        progress.finish("base-1/pretrained", seconds: 100)
        progress.finish("base-1/round-1/ntp", seconds: 10)
        #expect(progress.line(starting: "base-2/corpus") == "6/8 ETA 0:01:51 base-2/corpus")
        // One that was counted is not counted again.
        progress.finish("base-1/pretrained", seconds: 100)
        for name in names { progress.finish(name, seconds: 1) }
        #expect(progress.line(starting: "more").hasPrefix("8/8 "))
    }

    @Test func basesAreWorkedOnTogether() {
        let names = (1...4).map { "base-\($0)/pretrained" }
        let progress = FlywheelProgress(names, jobs: 3)
        progress.finish(names[0], seconds: 60)
        #expect(progress.line(starting: names[1]) == "2/4 ETA 0:01:00 base-2/pretrained")
    }

    /// The list that is counted is that of the stages that are run.
    @Test(arguments: FlywheelPreset.allCases) func everyStageIsCountedOnce(_ preset: FlywheelPreset) throws {
        var plan = try preset.plan(families: ["addition"])
        plan.rounds = 2
        let stages = FlywheelStages(plan, FlywheelPaths("out"))
        let names = stages.all.map(\.name)
        #expect(Set(names).count == names.count)
        guard let method = plan.methods.last, method.name != "ntp" else { return }
        let model = FlywheelModel(seed: plan.seeds[0], round: 2, method: method.name, phase: .mid)
        #expect(names.contains(stages.midTraining(model, method, teacher: []).name))
        let isRepeated = names.contains("base-\(plan.seeds[0])/round-2/ntp")
        #expect(isRepeated == (plan.repeatsBaseline == true))
    }
}

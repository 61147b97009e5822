import Flywheel
import Foundation
import Testing

struct PlanTests {
    private let families = ["addition", "sorting"]

    @Test(arguments: FlywheelPreset.allCases) func presetsCanBeCarriedOut(_ preset: FlywheelPreset) throws {
        let plan = try preset.plan(families: families)
        try plan.validate()
        #expect(plan.methods.first?.name == FlywheelMethod.baseline)
        #expect(plan.postTrained.contains(FlywheelMethod.baseline))
        let copy = try JSONDecoder().decode(FlywheelPlan.self, from: JSONEncoder().encode(plan))
        #expect(copy == plan)
    }

    @Test func theFullPresetHasSixBasesAndEveryMethod() throws {
        let plan = try FlywheelPreset.full.plan(families: families)
        #expect(plan.seeds.count >= 6 && plan.postTrained.count == 4)
        #expect(Set(plan.methods.map(\.name)) == Set(FlywheelMethod.all.map(\.name)))
        #expect(try FlywheelPreset.noise.plan(families: families).wrongShare > 0)
    }

    @Test func plansThatCannotBeCarriedOutAreRefused() throws {
        var plan = try FlywheelPreset.smoke.plan(families: families)
        plan.seeds = [1, 1]
        #expect(throws: FlywheelError.self) { try plan.validate() }
        plan.seeds = [1]
        plan.postTrained = ["rho1"]
        #expect(throws: FlywheelError.unknownMethod(name: "rho1", known: plan.methods.map(\.name))) {
            try plan.validate()
        }
        plan.postTrained = ["ntp"]
        #expect(throws: FlywheelError.self) { try plan.validate() }
        #expect(throws: FlywheelError.self) { try FlywheelMethod.named("distil") }
    }

    /// All methods of a base get the same tokens in the same order: their commands differ in the weighting and the output alone.
    @Test func methodsDifferInTheirWeightingAlone() throws {
        let plan = try FlywheelPreset.full.plan(families: families)
        let stages = FlywheelStages(plan, FlywheelPaths("out"))
        let model = { (name: String) in FlywheelModel(seed: 2, round: 1, method: name, phase: .mid) }
        let commands = plan.methods.map { method in
            let stage = stages.midTraining(model(method.name), method, teacher: [])
            #expect(Array(stage.arguments.prefix(3 + method.arguments.count).dropFirst(3)) == method.arguments)
            let rest = Array(stage.arguments.dropFirst(3 + method.arguments.count))
            return rest.filter { $0 != "out/base-2/round-1/" + method.name }
        }
        #expect(Set(commands).count == 1)
        #expect(commands[0].contains("out/base-2/mid-training.jsonl"))
    }

    /// Seeds of corpora are made from a base's, which may be any.
    @Test func everySeedHasStages() throws {
        let plan = try FlywheelPreset.full.plan(families: families)
        let stages = FlywheelStages(plan, FlywheelPaths("out"))
        for seed in [.max, .max / 3, 1 << 63] as [UInt64] {
            let seeds = stages.pretraining(seed).compactMap { stage in
                stage.arguments.firstIndex(of: "--seed").map { stage.arguments[$0 + 1] }
            }
            #expect(Set(seeds).count >= 3)
        }
        #expect(FlywheelPaths("out//").plan == FlywheelPaths("out").plan)
        #expect(FlywheelPaths("/").root == "/")
    }

    @Test func namesOfStagesAreUnique() throws {
        let plan = try FlywheelPreset.full.plan(families: families)
        let stages = FlywheelStages(plan, FlywheelPaths("out"))
        var names = stages.shared.map(\.name)
        for seed in plan.seeds {
            names += stages.pretraining(seed).map(\.name)
            for method in plan.methods {
                let model = FlywheelModel(seed: seed, round: 1, method: method.name, phase: .mid)
                names.append(stages.midTraining(model, method, teacher: []).name)
                names += stages.postTraining(model).map(\.name)
                names += FlywheelModel.Phase.allCases.map { stages.evaluation(model.at($0)).name }
            }
        }
        #expect(Set(names).count == names.count)
    }
}

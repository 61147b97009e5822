import Flywheel
import Foundation
import Tasks
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

    @Test func theFullPresetHasSixBasesAndEveryMethodIsInAPreset() throws {
        let plan = try FlywheelPreset.full.plan(families: families)
        #expect(plan.seeds.count >= 6 && plan.postTrained.count == 4)
        let used = try FlywheelPreset.allCases.flatMap { try $0.plan(families: families).methods.map(\.name) }
        #expect(Set(used) == Set(FlywheelMethod.all.map(\.name)))
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

    /// What the confirmation claims is named before it runs, and no more than Holm's correction bears.
    @Test func theConfirmationNamesItsContrasts() throws {
        let plan = try FlywheelPreset.confirm.plan(families: families)
        let contrasts = try #require(plan.contrasts)
        #expect(plan.seeds.count == plan.plannedBases && plan.seeds.count >= 48)
        #expect((1...FlywheelContrast.most).contains(contrasts.count))
        #expect(contrasts.first?.measure == .postTrainedAccuracy && plan.primaryMeasure.hasPrefix("accuracy after"))
        #expect(Set(plan.postTrained) == Set(plan.methods.map(\.name)) && plan.rounds == 1)
        // The bases on which families and sizes were chosen are none of its own.
        #expect(plan.seeds.allSatisfy { $0 < 1000 })
    }

    @Test func contrastsThatCannotBeMeasuredAreRefused() throws {
        let plan = try FlywheelPreset.confirm.plan(families: families)
        var other = plan
        other.contrasts = [FlywheelContrast(.goldNats, "rho1", against: "ntp")]
        #expect(throws: FlywheelError.unknownMethod(name: "rho1", known: plan.methods.map(\.name))) {
            try other.validate()
        }
        other = plan
        other.postTrained = ["ntp"]
        #expect(throws: FlywheelError.self) { try other.validate() }
        other = plan
        other.contrasts = Array(repeating: FlywheelContrast(.goldNats, "kd", against: "ntp"), count: 7)
        #expect(throws: FlywheelError.self) { try other.validate() }
    }

    /// The seeds alone may differ between bases that are compared.
    @Test func theFingerprintLeavesTheSeedsOut() throws {
        var plan = try FlywheelPreset.confirm.plan(families: families)
        let fingerprint = try plan.fingerprint
        plan.seeds = [7]
        #expect(try plan.fingerprint == fingerprint)
        plan.midTraining.learningRate *= 2
        #expect(try plan.fingerprint != fingerprint)
    }

    /// Of the controls one has another order, and two have more steps, with everything else as it is.
    @Test func controlsDifferInOneThing() throws {
        let plan = try FlywheelPreset.controls.plan(families: families)
        let stages = FlywheelStages(plan, FlywheelPaths("out"))
        func arguments(_ name: String) throws -> [String] {
            let model = FlywheelModel(seed: 2, round: 1, method: name, phase: .mid)
            return try stages.midTraining(model, .named(name), teacher: []).arguments.filter {
                $0 != "out/base-2/round-1/" + name
            }
        }
        func differing(_ name: String) throws -> [String] {
            try zip(arguments("ntp"), arguments(name)).filter { $0 != $1 }.map(\.1)
        }
        #expect(try differing("ntp-reordered") == ["\(2 + (UInt64(1) << 32))"])
        let steps = try Set(differing("ntp-compute-round"))
        #expect(steps == ["\(3 * plan.midTraining.steps)"])
        #expect(try arguments("ntp").count == arguments("ntp-compute-round").count)
        #expect(try arguments("ntp-guided") == arguments("remit"))
        #expect(try FlywheelMethod.named("ntp-guided").teacher == .midTrained)
    }

    /// The plain arm of the rounds differs from the other by the weighting alone in each, and a round from the one before by the order.
    @Test func roundsHaveAPlainArm() throws {
        let plan = try FlywheelPreset.rounds.plan(families: families)
        let stages = FlywheelStages(plan, FlywheelPaths("out"))
        func arguments(_ name: String, _ round: Int) throws -> [String] {
            let model = FlywheelModel(seed: 2, round: round, method: name, phase: .mid)
            return try stages.midTraining(model, .named(name), teacher: []).arguments
        }
        for round in 1...3 {
            #expect(plan.methods(ofRound: round).map(\.name) == ["ntp", "remit"] && plan.baselineRound(round) == round)
            let differing = try zip(arguments("ntp", round), arguments("remit", round)).filter { $0 != $1 }.map(\.1)
            #expect(differing == ["remit", "out/base-2/round-\(round)/remit"])
        }
        let order = try zip(arguments("ntp", 1), arguments("ntp", 3)).filter { $0 != $1 }.map(\.1)
        #expect(order == ["out/base-2/round-3/ntp", "\(2 + (UInt64(2) << 40))"])
        let reinforced = FlywheelModel(seed: 2, round: 1, method: "remit", phase: .reinforced)
        #expect(stages.evaluation(reinforced).arguments.contains("--samples"))
        #expect(!stages.evaluation(reinforced.at(.mid)).arguments.contains("--samples"))
        // Without that the baseline is in the first round alone, and there is one order.
        let smoke = try FlywheelPreset.smoke.plan(families: families)
        #expect(!smoke.methods(ofRound: 2).map(\.name).contains("ntp") && smoke.baselineRound(2) == 1)
    }

    /// Levels of noise have the same bases, and differ in the share of wrong answers.
    @Test func noiseHasLevels() throws {
        let plans = try [FlywheelPreset.noise0, .noise10, .noise30, .noise50].map { try $0.plan(families: families) }
        #expect(plans.map(\.wrongShare) == [0, 0.1, 0.3, 0.5] && Set(plans.map(\.seeds)).count == 1)
        let stages = FlywheelStages(plans[2], FlywheelPaths("out"))
        func corpus(_ name: String) throws -> [String] {
            try stages.ownCorpus(of: .named(name), 3).flatMap(\.arguments)
        }
        func trained(_ name: String) throws -> [String] {
            let model = FlywheelModel(seed: 3, round: 1, method: name, phase: .mid)
            let all = try stages.midTraining(model, .named(name), teacher: []).arguments
            return all.drop { $0 != "--corpus" }.prefix { $0 != "--out" }.dropFirst().map(\.self)
        }
        #expect(try corpus("ntp").isEmpty && corpus("ntp-tuning-data").isEmpty)
        #expect(try corpus("oracle").contains("--drop-wrong") && corpus("oracle").contains("0.3"))
        let teacher = ["--checkpoint", "out/base-3/round-1/ntp-reinforced", "--drop-share", "0.3"]
        #expect(try corpus("filter").suffix(4) == teacher[...])
        #expect(try trained("filter") == ["out/base-3/mid-training-filter.jsonl"])
        #expect(try trained("ntp-tuning-data") == ["out/base-3/mid-training.jsonl", "out/base-3/tuning.jsonl"])
        let tuned = stages.postTraining(FlywheelModel(seed: 3, round: 1, method: "ntp-noisy-tuning", phase: .mid))
        #expect(tuned[0].arguments.contains("out/base-3/noisy-tuning.jsonl"))
        #expect(stages.pretraining(3).contains { $0.arguments.contains("out/base-3/noisy-tuning.jsonl") })
        #expect(stages.all.contains { $0.name == "base-301/mid-training-filter-corpus" })
    }

    /// Rates differ in the rate alone, epsilons in epsilon.
    @Test func settingsDifferInOneThing() throws {
        let plan = try FlywheelPreset.rates.plan(families: families)
        let stages = FlywheelStages(plan, FlywheelPaths("out"))
        func arguments(_ name: String) throws -> [String] {
            let model = FlywheelModel(seed: 2, round: 1, method: name, phase: .mid)
            return try stages.midTraining(model, .named(name), teacher: []).arguments
        }
        for name in ["ntp", "remit", "kd"] {
            let low = try zip(arguments(name), arguments(name + "-low-rate")).filter { $0 != $1 }.map(\.1)
            #expect(low == ["out/base-2/round-1/\(name)-low-rate", "\(plan.midTraining.learningRate / 2)"])
        }
        #expect(plan.seeds.allSatisfy { $0 > 1000 })
        let epsilons = try FlywheelPreset.epsilon.plan(families: families)
        #expect(epsilons.methods.map(\.name).contains("remit-epsilon-0.9") && epsilons.seeds == Array(101...106))
        #expect(try arguments("remit-epsilon-0.3").contains("0.3"))
    }

    /// Retained facts are read in pre-training alone, acquired ones in mid-training alone, and all are asked.
    @Test func factsAreReadInOnePlace() throws {
        let plan = try FlywheelPreset.facts.plan(families: families)
        let stages = FlywheelStages(plan, FlywheelPaths("out"))
        func corpora(_ stage: Stage) -> [String] {
            stage.arguments.drop { $0 != "--corpus" }.dropFirst().prefix { !$0.hasPrefix("--") }.map(\.self)
        }
        let made = stages.pretraining(2)
        #expect(try corpora(#require(made.last)) == ["out/base-2/pretraining.jsonl", "out/base-2/retained.jsonl"])
        let model = FlywheelModel(seed: 2, round: 1, method: "kd", phase: .mid)
        let acquired = ["acquired-1", "acquired-4", "acquired-16"]
        let kd = try stages.midTraining(model, .named("kd"), teacher: [])
        #expect(corpora(kd) == (["mid-training"] + acquired).map { "out/base-2/\($0).jsonl" })
        let asked = (["retained"] + acquired).map { "out/base-2/\($0)-questions.jsonl" }
        #expect(corpora(stages.evaluation(model)) == ["out/heldout.jsonl"] + asked)
        let sixteen = try #require(made.first { $0.name == "base-2/acquired-16-facts" })
        #expect(sixteen.arguments.suffix(2) == ["--exposures", "16"])
        for path in asked { #expect(made.contains { corpora($0) == [path] }) }
    }

    @Test func teachersStandBeforeWhomTheyTeach() throws {
        var plan = try FlywheelPreset.noise30.plan(families: families)
        try plan.validate()
        plan.postTrained = ["ntp"]
        #expect(throws: FlywheelError.self) { try plan.validate() }
        plan = try FlywheelPreset.noise30.plan(families: families)
        plan.methods.removeAll { $0.name == "ntp-noisy-tuning" }
        plan.postTrained = ["ntp", "remit"]
        #expect(throws: FlywheelError.self) { try plan.validate() }
        plan = try FlywheelPreset.noise30.plan(families: families)
        plan.postTrained += ["remit"]
        plan.rounds = 2
        #expect(throws: FlywheelError.self) { try plan.validate() }
    }

    /// What a plan of before does not say is not in its fingerprint: its parts can be merged still.
    @Test func theConfirmationsFingerprintStays() throws {
        let plan = try FlywheelPreset.confirm.plan(families: TaskFamilies.names)
        #expect(try plan.fingerprint == "6bd37fe102f324f94da32556a11e4f28d08f390eeaccb1fe3b438c855c555239")
    }

    /// Problems that are left out were once missing, with fewer tokens: bases of before do not merge with those of now.
    @Test func plansThatReadProblemsAgainAreOthers() throws {
        let before = "4246493e6fd6f673a1a65b5857ff33f791d48bd27170da9c4e0e203cd1e11b02"
        #expect(try FlywheelPreset.noise30.plan(families: TaskFamilies.names).fingerprint != before)
    }

    /// Of other methods a study's claim is not made; of more it is.
    @Test func otherMethodsMakeNoClaim() throws {
        var plan = try FlywheelPreset.confirm.plan(families: families)
        let claim = plan.primaryMeasure
        try plan.compare(plan.methods.map(\.name) + ["rho1"])
        #expect(plan.contrasts?.count == 6 && plan.primaryMeasure == claim && plan.methods.last?.name == "rho1")
        try plan.compare(["remit", "kd"])
        #expect(plan.methods.map(\.name) == ["ntp", "remit", "kd"] && plan.postTrained == ["ntp", "remit", "kd"])
        #expect(plan.contrasts == [] && !plan.primaryMeasure.contains("contrasts"))
        #expect(plan.primaryMeasure.hasPrefix("none: the methods are others than those of the preset confirm"))
        var noise = try FlywheelPreset.noise30.plan(families: families)
        try noise.compare(["remit"])
        #expect(noise.sections == [.teacherGap] && !noise.primaryMeasure.contains("oracle"))
        #expect(throws: FlywheelError.self) { try noise.compare(["distil"]) }
    }

    /// A soup averages what stands before it in the plan, and trains nothing.
    @Test func soupsAverageWhatIsThere() throws {
        var plan = try FlywheelPreset.controls.plan(families: families)
        let model = FlywheelModel(seed: 3, round: 1, method: "remit-soup", phase: .mid)
        let stage = FlywheelStages(plan, FlywheelPaths("out")).midTraining(
            model, try FlywheelMethod.named("remit-soup"), teacher: [])
        let expected = ["average", "out/base-3/round-1/remit", "out/base-3/round-1/remit-reordered", "--out"]
        #expect(Array(stage.arguments.prefix(4)) == expected && stage.replaces == "out/base-3/round-1/remit-soup")
        plan.methods.removeAll { $0.name == "remit-reordered" }
        #expect(throws: FlywheelError.self) { try plan.validate() }
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

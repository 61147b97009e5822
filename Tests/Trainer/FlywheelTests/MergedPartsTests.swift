import Flywheel
import Foundation
import TestSupport
import Testing

struct MergedPartsTests {
    private let accuracy = { (method: String) in method == "ntp" ? 0.5 : 0.6 }

    @Test func partsOfOnePlanBecomeItsResults() throws {
        let parts = try Parts()
        for seed in [9, 10] as [UInt64] { _ = try parts.write(seed, in: "there/parts", accuracy) }
        let here = try parts.write(2, in: "here", accuracy)
        let merged = try MergedParts(contentsOf: [parts.directory.file("there"), here])
        #expect(merged.parts.map(\.seed) == [2, 9, 10] && merged.repeated.isEmpty)
        let out = FlywheelPaths(parts.directory.file("out"))
        let results = try merged.write(to: out)
        #expect(results.plan.seeds == [2, 9, 10] && results.plan.plannedBases == 48)
        #expect(results.models.count == 3 * 3 * parts.plan.methods.count && results.origins?.count == 3)
        #expect(try FlywheelResults(contentsOf: out.results).models == results.models)
        // What was merged can be merged with more.
        _ = try parts.write(11, in: "more", accuracy)
        let more = try MergedParts(contentsOf: [out.root, parts.directory.file("more")]).write(to: out)
        #expect(more.plan.seeds == [2, 9, 10, 11])
    }

    @Test func aBaseThatIsThereTwiceMustAgreeToTheBit() throws {
        let parts = try Parts()
        let one = try parts.write(4, in: "one", accuracy)
        let same = try parts.write(4, in: "same", seconds: 99, processor: "another", accuracy)
        let merged = try MergedParts(contentsOf: [one, same])
        #expect(merged.repeated == [4] && merged.parts.count == 1)
        let other = try parts.write(4, in: "other") { $0 == "kd" ? 0.6.nextUp : accuracy($0) }
        #expect(throws: FlywheelError.baseDiffers(seed: 4, first: one, second: other)) {
            try MergedParts(contentsOf: [one, other])
        }
    }

    @Test func aPartOfAnotherPlanIsRefused() throws {
        let parts = try Parts()
        let one = try parts.write(1, in: "one", accuracy)
        var others = parts
        others.plan.midTraining.steps += 1
        let other = try others.write(2, in: "other", accuracy)
        let expected = FlywheelError.otherPart(
            path: other, expected: try parts.plan.fingerprint, got: try others.plan.fingerprint)
        #expect(throws: expected) { try MergedParts(contentsOf: [one, other]) }
    }

    @Test func damagedPartsAreNamed() throws {
        let parts = try Parts()
        let changes: [(inout [String: Any]) -> Void] = [
            { $0["format"] = 99 }, { $0["planFingerprint"] = "0" }, { $0["models"] = "none" },
            { $0["origin"] = nil },
            { part in
                var plan = part["plan"] as? [String: Any] ?? [:]
                plan["seeds"] = [7]
                part["plan"] = plan
            },
            { $0["models"] = Array(($0["models"] as? [Any] ?? []).dropLast()) },
            { part in
                let models = part["models"] as? [Any] ?? []
                part["models"] = models + models.prefix(1)
            },
        ]
        for change in changes {
            let path = try parts.write(5, change: change, accuracy)
            let error = #expect(throws: FlywheelError.self) { try MergedParts(contentsOf: [path]) }
            guard case .badResult(let named, _)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(named == path)
        }
        #expect(throws: FlywheelError.self) { try MergedParts(contentsOf: [parts.directory.file("nowhere")]) }
        #expect(throws: FlywheelError.self) { try MergedParts(contentsOf: [parts.directory.file("")]) }
    }

    /// Where a flywheel runs its plan stands: with more seeds in it the same command would refuse to continue.
    @Test func partsAreNotMergedIntoARun() throws {
        let parts = try Parts()
        let one = try parts.write(1, accuracy)
        try FileManager.default.createDirectory(
            atPath: parts.directory.file("stages"), withIntermediateDirectories: true)
        #expect(throws: FlywheelError.self) {
            try MergedParts(contentsOf: [one]).write(to: FlywheelPaths(parts.directory.file("")))
        }
    }
}

import Coding
import Flywheel
import Foundation
import TestSupport

/// Parts of bases as files, with numbers that a test chooses.
struct Parts {
    let directory: TemporaryDirectory
    var plan: FlywheelPlan

    init(_ preset: FlywheelPreset = .confirm, families: [String] = ["sorting"]) throws {
        directory = try TemporaryDirectory()
        plan = try preset.plan(families: families)
    }

    /// Writes `NAME/base-SEED.json`, and returns its path.
    ///
    /// - Parameter value: accuracy of a method's models, 0 to 1; their nats are a tenth of it.
    func write(
        _ seed: UInt64, in name: String = "parts", seconds: Double = 60, processor: String = "one",
        change: (inout [String: Any]) -> Void = { _ in }, _ value: (String) -> Double
    ) throws -> String {
        var own = plan
        own.seeds = [seed]
        let models = plan.methods.flatMap { method in
            FlywheelModel.Phase.allCases.map { phase -> [String: Any] in
                [
                    "model": ["seed": seed, "round": 1, "method": method.name, "phase": phase.rawValue]
                        as [String: Any],
                    "accuracy": ["sorting": value(method.name)], "meanAccuracy": value(method.name),
                    "loss": ["reasoning": 0.5, "filler": 0.1], "goldNats": value(method.name) / 10,
                ]
            }
        }
        var part: [String: Any] = [
            "format": BasePart.currentFormat, "planFingerprint": try plan.fingerprint,
            "plan": try JSONSerialization.jsonObject(with: Data(StateCoding.flywheel.bytes(own))),
            "origin": [
                "seed": seed, "version": "0.1.0", "kernelPath": "path", "processor": processor, "seconds": seconds,
                "cpuSeconds": seconds / 2,
            ] as [String: Any],
            "models": models, "curves": [], "rewards": [], "teacherCosts": [],
            "weightProfile": ["seed": seed, "kinds": []] as [String: Any],
        ]
        change(&part)
        let path = directory.file(name) + "/base-\(seed).json"
        try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        try JSONSerialization.data(withJSONObject: part, options: .sortedKeys).write(to: URL(fileURLWithPath: path))
        return path
    }
}

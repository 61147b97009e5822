import Foundation

/// Parts of one plan, each base once, in ascending order of seeds.
package struct MergedParts: Sendable {
    /// One part a base.
    package let parts: [BasePart]
    /// Bases that more than one part is of, with the same numbers in all. Ascending.
    package let repeated: [UInt64]

    /// Reads parts and brings them together.
    ///
    /// - Parameter paths: files, or directories: of a flywheel (its `parts/` is read) or of parts (every `base-N.json` in it).
    /// - Throws: `FlywheelError.otherPart` for a part of another plan than the first one's, `.baseDiffers` for two parts of one base with
    ///   different numbers, `.fileFailed` where a path holds no part; what `BasePart` throws.
    package init(contentsOf paths: [String]) throws {
        var first: (path: String, part: BasePart)?
        var found: [UInt64: (path: String, part: BasePart)] = [:]
        var repeated: Set<UInt64> = []
        for path in try paths.flatMap(Self.files) {
            let part = try BasePart(contentsOf: path)
            first = first ?? (path, part)
            if let first, first.part.planFingerprint != part.planFingerprint {
                throw FlywheelError.otherPart(
                    path: path, expected: first.part.planFingerprint, got: part.planFingerprint)
            }
            if let earlier = found[part.seed] {
                guard earlier.part.agrees(with: part) else {
                    throw FlywheelError.baseDiffers(seed: part.seed, first: earlier.path, second: path)
                }
                repeated.insert(part.seed)
            } else {
                found[part.seed] = (path, part)
            }
        }
        parts = found.sorted { $0.key < $1.key }.map(\.value.part)
        self.repeated = repeated.sorted()
    }

    /// The plan of the parts, with the seeds of all; nil where there are none.
    package var plan: FlywheelPlan? {
        guard var plan = parts.first?.plan else { return nil }
        plan.seeds = parts.map(\.seed)
        return plan
    }

    private static func files(_ path: String) throws(FlywheelError) -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw .fileFailed(path: path, reason: "it is not there; expected a part or a directory of parts")
        }
        guard isDirectory.boolValue else { return [path] }
        let folders = [FlywheelPaths(path).parts, path]
        for folder in folders {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let parts = names.filter { $0.wholeMatch(of: /base-\d+\.json/) != nil }.sorted()
            if !parts.isEmpty { return parts.map { folder + "/" + $0 } }
        }
        throw .fileFailed(path: path, reason: "it holds no part; expected base-N.json in it or in its parts/")
    }
}

extension MergedParts {
    /// Writes the plan and the results, as a flywheel that ran all the bases would have, and the parts themselves.
    ///
    /// - Throws: `FlywheelError.otherPlan` where the directory holds a part of another plan, or of one of the bases with other numbers;
    ///   errors of files.
    package func write(to paths: FlywheelPaths) throws -> FlywheelResults {
        guard let plan else { throw FlywheelError.badPlan(reason: "there is no part to merge") }
        guard !FileManager.default.fileExists(atPath: paths.root + "/stages") else {
            throw FlywheelError.badPlan(reason: "a flywheel runs in \(paths.root): merge into a directory of its own")
        }
        for part in parts {
            let path = paths.part(part.seed)
            if FileManager.default.fileExists(atPath: path) {
                guard try BasePart(contentsOf: path).agrees(with: part) else {
                    throw FlywheelError.otherPlan(path: path)
                }
            } else {
                try StageRunner.write(part, to: path)
            }
        }
        let results = FlywheelResults(plan, parts)
        try StageRunner.write(plan, to: paths.plan)
        try StageRunner.write(results, to: paths.results)
        return results
    }
}

import SideCars
import System

/// Which of the two forms of scores is at a path.
package enum ScoresForm: Sendable, Equatable {
    /// A side-car, by its directory.
    case sideCar(directory: String)
    /// Parallel files, by the paths of their JSONs in the order of their names.
    case parallel([String])

    /// Looks at names; nothing is opened. A side-car's manifest stands for its directory.
    ///
    /// - Throws: `ScoreFileError.noScores`; `.unmerged` for a plan's results.
    package init(_ path: String) throws {
        let (suffix, json) = (ParallelQuantity.logProbs.suffix, ParallelManifest.suffix)
        if FileIdentity(path)?.isDirectory == true {
            let names = (try? Directory.names(in: path)) ?? []
            let found = names.filter { $0.hasSuffix(suffix + json) }.sorted()
            let hasManifest = names.contains(SideCar.manifestName)
            guard hasManifest || found.isEmpty else {
                self = .parallel(found.map { path + "/" + $0 })
                return
            }
            guard hasManifest || !names.contains(where: RangeResults.isManifest) else {
                throw ScoreFileError.unmerged(path: path)
            }
            self = .sideCar(directory: path)
            return
        }
        let candidates = [path, path + json, path + suffix + json].filter { $0.hasSuffix(json) }
        guard let found = candidates.first(where: { FileIdentity($0)?.isRegular == true }) else {
            throw ScoreFileError.noScores(path: path)
        }
        let (folder, name) = Self.parts(found)
        guard !RangeResults.isManifest(name) else { throw ScoreFileError.unmerged(path: path) }
        self = name == SideCar.manifestName ? .sideCar(directory: folder) : .parallel([found])
    }

    private static func parts(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }
}

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
    /// - Parameter listsWeights: whether a directory's static weights are taken too: for who checks files, not for who reads log-probs.
    /// - Throws: `ScoreFileError.noScores`; `.bothForms` for a directory that holds both; `.unmerged` for a plan's results.
    package init(_ path: String, listsWeights: Bool = false) throws {
        let (suffix, json) = (ParallelQuantity.logProbsSuffix, ParallelManifest.suffix)
        if FileIdentity(path)?.isDirectory == true {
            let names = (try? Directory.names(in: path)) ?? []
            let suffixes = [suffix] + (listsWeights ? [ParallelQuantity.weightsSuffix] : [])
            let found = names.filter { name in suffixes.contains { name.hasSuffix($0 + json) } }.sorted()
            let hasManifest = names.contains(SideCar.manifestName)
            if !found.isEmpty {
                guard !hasManifest else { throw ScoreFileError.bothForms(path: path, file: found[0]) }
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

import Corpora

/// One corpus of the mix.
package struct MixSource: Sendable, Equatable, Codable {
    /// The key in the file; messages call the source so.
    package var name: String
    /// Files or patterns of files, as `--corpus` takes them; at least one.
    package var paths: [String]
    /// The share of the mix relative to the other sources' weights; above 0, at most 1e9. In a mix with phases, the tokens that all of
    /// them take of it.
    package var weight: Double
    /// How often one epoch of the mix, or all of its phases, may go through the source; above 0, at most 1e9.
    package var `repeat`: Double
    /// The field of a record that holds its text; nil: what `--text-field` says.
    package var textField: String?

    package init(name: String, paths: [String], weight: Double, repeat: Double = 1, textField: String? = nil) {
        self.name = name
        self.paths = paths
        self.weight = weight
        self.repeat = `repeat`
        self.textField = textField
    }
}

extension MixSource {
    /// Remarks on files that several sources have in common: such a file comes once for each.
    package static func remarks(_ names: [String], _ files: [CorpusFiles]) -> [String] {
        files.indices.flatMap { second in
            files[..<second].indices.compactMap { first in
                let shared = files[first].shared(with: files[second])
                return shared.first.map {
                    "\(names[first]) and \(names[second]) both read \($0)"
                        + (shared.count > 1 ? " and \(shared.count - 1) more files" : "")
                        + ": it counts once in each source"
                }
            }
        }
    }
}

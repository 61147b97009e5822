import Compression
import Foundation

/// Programs that read corpora which are not read here, by the kind of what they read: the end of a file's name (`parquet`, `bz2`), the scheme of
/// an address (`s3`), or `dataset` for a folder that Hugging Face's `datasets` wrote.
package struct CorpusReaders: Sendable, Equatable {
    /// One program, and the kind that it was chosen by.
    package struct Reader: Sendable, Equatable {
        /// The kind of file, address or folder.
        package let kind: String
        /// Command line for the shell.
        package let program: String
    }

    /// The program that reads all of `standardKinds` unless another is named: that of the package in Python.
    package static let standardProgram = "python3 -m remit.read"
    /// What the program of the package in Python is for.
    package static let standardKinds = [
        "parquet", "arrow", "feather", "bz2", "xz", "dataset", "s3", "gs", "hf", "https", "http",
    ]
    private static let dataset = "dataset"
    /// Kinds that say how a file is packed: what is in it must be text of a known kind.
    private static let packings: Set<String> = ["bz2", "xz"]

    private let programs: [String: String]

    /// No programs: nothing is read that cannot be read here.
    package init() { programs = [:] }

    /// The standard program for its kinds, but for those that `given` names; a kind whose program is empty is not read.
    package init(given: [String: String]) {
        let standard = Dictionary(uniqueKeysWithValues: Self.standardKinds.map { ($0, Self.standardProgram) })
        programs = standard.merging(given) { $1 }.filter { !$0.value.isEmpty }
    }

    private func named(_ kind: String) -> Reader? { programs[kind].map { Reader(kind: kind, program: $0) } }

    /// The scheme of an address, in lower case; nil for a path on this machine.
    static func scheme(_ path: String) -> String? {
        guard let colon = path.range(of: "://"), colon.lowerBound > path.startIndex else { return nil }
        let scheme = path[..<colon.lowerBound].lowercased()
        return scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) } ? scheme : nil
    }

    /// The program for an address of this scheme.
    func reader(ofScheme scheme: String) -> Reader? { named(scheme) }

    /// The program for a file of this name; nil for one that is read here, or not at all. A program that is named for a format that could be read
    /// here is taken.
    func reader(ofFile name: String) -> Reader? {
        var name = name
        if let found = end(name).flatMap(named) {
            guard Self.packings.contains(found.kind) else { return found }
            let inner = CorpusFormat(path: String(name.dropLast(found.kind.count + 1)))
            return inner == .jsonLines || inner == .plainText ? found : nil
        }
        guard let packing = CompressionFormat(path: name) else { return nil }
        name.removeLast(packing.fileExtension.count)
        return end(name).flatMap(named)
    }

    /// The program for a folder; nil for one that is no data set of its own.
    func reader(ofFolder path: String) -> Reader? {
        guard let found = named(Self.dataset) else { return nil }
        func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
        return has("dataset_dict.json") || has("state.json") && has("dataset_info.json") ? found : nil
    }

    private func end(_ name: String) -> String? {
        let last = name.split(separator: "/").last ?? ""
        return last.lastIndex(of: ".").map { last[last.index(after: $0)...].lowercased() }
    }
}

import Foundation

/// The files that a list of paths stands for: a file is itself, a directory is every corpus file below it, a pattern (`*`, `?`, `[`) all that
/// it matches. A Megatron pair is named by NAME.idx, NAME.bin or NAME.
package struct CorpusFiles: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        package let path: String
        package let format: CorpusFormat
    }

    /// In the order of the given paths; inside a directory by relative path.
    package let files: [File]

    package init(_ paths: [String]) throws {
        files = try paths.flatMap(Self.expand)
    }

    private static func expand(_ path: String) throws -> [File] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            if let pair = megatronPair(path + ".idx") { return [pair] }
            let matches = matches(path)
            guard !matches.isEmpty else { throw CorpusError.notFound(path: path) }
            return try matches.flatMap(expand)
        }
        guard isDirectory.boolValue else {
            if path.hasSuffix(".bin"), let pair = megatronPair(path.dropLast(3) + "idx") { return [pair] }
            guard let format = CorpusFormat(path: path) else { throw CorpusError.unknownFormat(path: path) }
            return [File(path: path, format: format)]
        }
        let names: [String]
        do {
            names = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
        } catch {
            throw CorpusError.unreadable(path: path, reason: "\(error)")
        }
        let found = names.compactMap { name in
            CorpusFormat(path: name).map { File(path: path + "/" + name, format: $0) }
        }
        guard !found.isEmpty else { throw CorpusError.emptyDirectory(path: path) }
        return found
    }

    private static func megatronPair(_ index: String) -> File? {
        FileManager.default.fileExists(atPath: index) ? File(path: index, format: .megatron) : nil
    }

    /// Sorted; empty for what is no pattern.
    private static func matches(_ pattern: String) -> [String] {
        guard pattern.contains(where: { "*?[".contains($0) }) else { return [] }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_ERR, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }
}
